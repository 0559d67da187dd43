/// Models in JSON with energies, lowest energies and the other vartype's biases, as dimod 0.12.23 gives them.
struct Golden {
    var document: String
    /// Values in the order of the labels.
    var energies: [(values: [Int8], energy: Double)]
    var lowest: Double
    var otherOffset: Double
    var otherLinear: [Double]

}

let goldenModels: [Golden] = [
    Golden(
        document: #"""
            {"type": "BinaryQuadraticModel", "version": {"bqm_schema": "3.0.0"}, "use_bytes": false, "index_type": "int32", "bias_type": "float64", "num_variables": 7, "num_interactions": 10, "variable_labels": [0, 3, 6, 9, 12, 15, 18],
            "variable_type": "SPIN", "offset": -0.824, "info": {}, "linear_biases": [0.305, -1.04, 0.75, 0.941, -1.951, -1.302, 0.128],
            "quadratic_biases": [-0.853, 0.778, -0.859, -0.959, 1.223, 0.532, 0.413, -0.814, 1.129, -0.84],
            "quadratic_head": [0, 0, 0, 1, 1, 2, 2, 4, 4, 5],
            "quadratic_tail": [2, 3, 6, 2, 6, 5, 6, 5, 6, 6]}
            """#,
        energies: [
            ([1, 1, 1, -1, -1, 1, 1], -3.409),
            ([1, -1, -1, 1, 1, -1, 1], 1.6829999999999998),
            ([1, -1, 1, -1, -1, 1, 1], -1.8569999999999998),
            ([-1, 1, -1, 1, -1, 1, 1], -1.891),
            ([1, 1, -1, 1, -1, 1, 1], 0.26300000000000023),
            ([-1, 1, 1, -1, -1, -1, -1], -2.115),
        ],
        lowest: -9.661000000000001, otherOffset: 1.0950000000000004,
        otherLinear: [2.4779999999999998, -2.6080000000000005, 3.234, 0.32599999999999985, -4.532, -0.3600000000000003, -1.8760000000000001]),
    Golden(
        document: #"""
            {"type": "BinaryQuadraticModel", "version": {"bqm_schema": "3.0.0"}, "use_bytes": false, "index_type": "int32", "bias_type": "float64", "num_variables": 6, "num_interactions": 14, "variable_labels": ["v0", "v1", "v2", "v3", "v4", "v5"],
            "variable_type": "BINARY", "offset": -0.08, "info": {}, "linear_biases": [-0.866, 0.968, -1.683, -0.335, 0.163, 0.586],
            "quadratic_biases": [0.793, -0.462, -0.191, -0.919, 0.142, -0.427, 0.626, 0.457, -0.363, -1.196, -0.469, 0.481, 0.665, -0.423],
            "quadratic_head": [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4],
            "quadratic_tail": [1, 2, 3, 5, 2, 3, 4, 5, 3, 4, 5, 4, 5, 5]}
            """#,
        energies: [
            ([1, 0, 1, 0, 0, 0], -3.091),
            ([0, 1, 0, 1, 0, 1], 1.834),
            ([0, 0, 1, 1, 0, 1], -1.6790000000000003),
            ([0, 1, 1, 0, 1, 0], -1.06),
            ([0, 0, 0, 1, 0, 0], -0.41500000000000004),
            ([1, 0, 1, 0, 1, 1], -5.349),
        ],
        lowest: -5.349, otherOffset: -0.9849999999999997,
        otherLinear: [-0.62775, 0.8817499999999999, -1.4285, -0.12625, -0.0465, 0.12075000000000001]),
    Golden(
        document: #"""
            {"type": "BinaryQuadraticModel", "version": {"bqm_schema": "3.0.0"}, "use_bytes": false, "index_type": "int32", "bias_type": "float64", "num_variables": 5, "num_interactions": 10, "variable_labels": [["q", 0], ["q", 1], ["q", 2], ["q", 3], ["q", 4]],
            "variable_type": "SPIN", "offset": -0.39, "info": {}, "linear_biases": [0.0, -2.0, 0.0, 2.0, -3.0],
            "quadratic_biases": [2.0, -1.0, 1.0, 1.0, -3.0, -2.0, 0.0, 1.0, -3.0, -1.0],
            "quadratic_head": [0, 0, 0, 0, 1, 1, 1, 2, 2, 3],
            "quadratic_tail": [1, 2, 3, 4, 2, 3, 4, 3, 4, 4]}
            """#,
        energies: [
            ([1, -1, -1, 1, 1], 1.6099999999999999),
            ([-1, -1, -1, 1, -1], 3.6099999999999994),
            ([-1, -1, 1, -1, -1], 9.61),
            ([-1, -1, 1, -1, -1], 9.61),
            ([1, -1, 1, 1, -1], 13.61),
            ([1, -1, 1, -1, 1], -8.39),
        ],
        lowest: -14.39, otherOffset: -2.3900000000000006,
        otherLinear: [-6.0, 2.0, 12.0, 6.0, 0.0]),
]
