extension Safetensors {
    /// Reads a header in the form that `encode` and the Python package give it: no spaces but behind it, names in rising order and in plain
    /// ASCII, `dtype` before `shape` before `data_offsets`. Every update has such a header, and a tree of JSON values took longer to make
    /// than all that is computed with a small one.
    struct PlainHeader {
        private let text: UnsafeBufferPointer<UInt8>
        private let dataStart: Int
        private let dataBytes: Int
        private var at = 0
        private var file = File(metadata: [], tensors: [])

        private init(_ text: UnsafeBufferPointer<UInt8>, dataStart: Int, dataBytes: Int) {
            self.text = text
            self.dataStart = dataStart
            self.dataBytes = dataBytes
        }

        /// nil: it has another form, or something is wrong with it that a reader of JSON can put in words.
        static func read(_ bytes: [UInt8], dataStart: Int) -> File? {
            bytes.withUnsafeBufferPointer { all in
                var header = PlainHeader(UnsafeBufferPointer(rebasing: all[8..<dataStart]), dataStart: dataStart, dataBytes: all.count - dataStart)
                return header.all() ? header.file : nil
            }
        }

        private mutating func all() -> Bool {
            guard take("{") else { return false }
            var isMore = true
            if take(#""__metadata__":{"#) {
                guard metadata() else { return false }
                isMore = take(",")
            }
            while isMore {
                guard let tensor = tensor(), file.tensors.last.map({ $0.name < tensor.name }) ?? true, file.tensors.count < Limits.tensors else { return false }
                file.tensors.append(tensor)
                isMore = take(",")
            }
            guard take("}") else { return false }
            return text[at...].allSatisfy { $0 == UInt8(ascii: " ") }
        }

        private mutating func metadata() -> Bool {
            repeat {
                guard let name = string(), file.metadata.last.map({ $0.name < name }) ?? true, file.metadata.count < Limits.metadataEntries, take(":"),
                    let value = string()
                else { return false }
                file.metadata.append((name, value))
            } while take(",")
            return take("}")
        }

        private mutating func tensor() -> Tensor? {
            guard let name = string(), name != "__metadata__", take(#":{"dtype":""#), let type = type(), take(#"","shape":["#) else { return nil }
            var dimensions: [Int] = []
            var size = type.bytes
            if !take("]") {
                repeat {
                    guard let dimension = number(), dimensions.count < Limits.dimensions else { return nil }
                    let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
                    guard !overflow else { return nil }
                    size = product
                    dimensions.append(dimension)
                } while take(",")
                guard take("]") else { return nil }
            }
            guard take(#","data_offsets":["#), let from = number(), take(","), let to = number(), take("]}"), from <= to, to <= dataBytes, to - from == size
            else { return nil }
            return Tensor(name: name, type: type, shape: dimensions, range: (dataStart + from)..<(dataStart + to))
        }

        private mutating func type() -> DataType? {
            if take("F32") { return .f32 }
            for type in DataType.allCases where take(type) { return type }
            return nil
        }

        private mutating func take(_ type: DataType) -> Bool {
            guard text[at...].starts(with: type.rawValue.utf8) else { return false }
            at += type.rawValue.utf8.count
            return true
        }

        // MARK: Parts

        private mutating func take(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            guard count <= text.count - at else { return false }
            for i in 0..<count where word.utf8Start[i] != text[at + i] { return false }
            at += count
            return true
        }

        /// In quotes, without anything that is escaped or not ASCII.
        private mutating func string() -> String? {
            guard take("\"") else { return nil }
            let begin = at
            while at < text.count, text[at] >= 0x20, text[at] < 0x7F, text[at] != UInt8(ascii: "\""), text[at] != UInt8(ascii: "\\") { at += 1 }
            let name = String(decoding: UnsafeBufferPointer(rebasing: text[begin..<at]), as: UTF8.self)
            return take("\"") ? name : nil
        }

        /// At most eighteen digits, so that it is within Int64; JSON has no zeros in front.
        private mutating func number() -> Int? {
            let begin = at
            var value = 0
            while at < text.count, case let digit = text[at] &- UInt8(ascii: "0"), digit < 10 {
                guard at - begin < 18 else { return nil }
                value = 10 * value + Int(digit)
                at += 1
            }
            guard at > begin, text[begin] != UInt8(ascii: "0") || at == begin + 1 else { return nil }
            return value
        }
    }
}
