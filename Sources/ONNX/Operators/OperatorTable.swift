/// Which operators are computed here, by domain and name.
enum OperatorTable {
    static let classical = "ai.onnx.ml"

    /// The versions of a domain's operators whose meaning is known here.
    static func versions(_ domain: String) -> ClosedRange<Int64>? {
        switch domain {
        case "": 7...22
        case classical: 1...4
        default: nil
        }
    }

    static func range(_ domain: String) -> String {
        versions(domain).map { "\($0.lowerBound) to \($0.upperBound)" } ?? "another"
    }

    static func type(_ name: String, domain: String) -> (any Operator.Type)? { domain == classical ? learned[name] : main[name] }

    /// All of them, sorted: for the description of what is computed.
    static let names: [String] = main.keys.sorted() + learned.keys.sorted().map { "\(classical).\($0)" }

    private static let main: [String: any Operator.Type] = {
        var table: [String: any Operator.Type] = [
            "Gemm": Gemm.self, "MatMul": MatMul.self, "Conv": Convolution.self, "MaxPool": MaxPool.self, "AveragePool": AveragePool.self,
            "GlobalAveragePool": GlobalPool.self, "GlobalMaxPool": GlobalPool.self, "BatchNormalization": BatchNormalisation.self,
            "LayerNormalization": LayerNormalisation.self, "Softmax": Softmax.self, "LogSoftmax": Softmax.self, "Clip": Clip.self, "Flatten": Flatten.self,
            "Reshape": Reshape.self, "Concat": Concat.self, "Transpose": Transpose.self, "Squeeze": Squeeze.self, "Unsqueeze": Unsqueeze.self,
            "Gather": Gather.self, "Slice": Slice.self, "Split": Split.self, "Expand": Expand.self, "Shape": ShapeOf.self, "Cast": Cast.self,
            "Identity": Identity.self, "Dropout": Dropout.self, "Constant": Constant.self, "ConstantOfShape": ConstantOfShape.self, "Where": Where.self,
            "ArgMax": ArgExtreme.self, "ArgMin": ArgExtreme.self, "Not": Not.self, "Pad": Pad.self,
        ]
        for function in UnaryFunction.allCases { table[function.rawValue] = Unary.self }
        for function in BinaryFunction.allCases { table[function.rawValue] = Binary.self }
        for comparison in ComparisonFunction.allCases { table[comparison.rawValue] = Comparison.self }
        for reduction in Reduction.allCases { table[reduction.rawValue] = Reduce.self }
        return table
    }()

    private static let learned: [String: any Operator.Type] = [
        "Scaler": Scaler.self, "Normalizer": Normalizer.self, "LinearClassifier": LinearClassifier.self, "LinearRegressor": LinearRegressor.self,
        "TreeEnsembleClassifier": TreeClassifier.self, "TreeEnsembleRegressor": TreeRegressor.self, "ZipMap": ZipMap.self,
        "LabelEncoder": LabelEncoder.self, "ArrayFeatureExtractor": FeatureExtractor.self,
    ]
}
