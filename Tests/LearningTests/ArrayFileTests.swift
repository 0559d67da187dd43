import Learning
import Testing

/// Against files that NumPy wrote (`Tests/Golden/make_array_files.py`).
@Suite struct ArrayFileTests {
    private let x = (0..<24).map { Float($0) * 0.5 - 3 }
    private let y: [Int32] = [0, 2, 1, 2]

    @Test func numpyArraysOfEveryOrder() throws {
        #expect(try NPY.decode(golden("arrays-f4.npy")) == NumericArray(shape: [4, 2, 3], values: x))
        #expect(try NPY.decode(golden("arrays-f8-fortran.npy")) == NumericArray(shape: [4, 2, 3], values: x))
        #expect(try NPY.decode(golden("arrays-i2-big.npy")) == NumericArray(shape: [4, 2], values: (-4..<4).map { Float($0) }))
        #expect(try NPY.decode(golden("arrays-labels.npy")) == NumericArray(shape: [4], values: [0, 2, 1, 2]))
    }

    @Test func rowsWithTheirClasses() throws {
        for (file, labels) in [
            ("arrays.npz", nil), ("arrays-compressed.npz", nil), ("arrays-f4.npy", "arrays-labels.npy"), ("arrays-f4.npy", "arrays-labels.idx1"),
        ] {
            let table = try DataFile.parse(golden(file), labels: try labels.map { try golden($0) }, options: CSVOptions())
            let dataset = try table.dataset()
            #expect(dataset.features == x && dataset.labels == y, "\(file)")
            #expect(dataset.inputs == 6 && dataset.outputs == 3, "\(file)")
        }
        var options = CSVOptions()
        options.scale = .constant(10)
        let images = try DataFile.parse(golden("arrays-images.idx3"), labels: golden("arrays-labels.idx1"), options: options)
        #expect(try images.dataset().features == (0..<24).map { Float($0) })
        #expect(images.schema.scale == .constant(10))
    }

    @Test func rowsToPredict() throws {
        var options = CSVOptions()
        options.label = .absent
        #expect(try DataFile.parse(golden("arrays-f4.npy"), options: options).rows == 4)
        #expect(try DataFile.parse(golden("arrays.npz"), options: options).inputs == 6)
    }

    @Test func csvIsStillCSV() throws {
        #expect(try DataFile.parse(utf8("1,2,0\n3,4,1\n"), options: CSVOptions()).rows == 2)
        #expect(throws: DatasetError.labelsBesideCSV) { try DataFile.parse(utf8("1,2,0\n"), labels: [], options: CSVOptions()) }
    }

    private func problem(_ bytes: [UInt8], labels: [UInt8]? = nil) -> String {
        do throws(DatasetError) {
            _ = try DataFile.parse(bytes, labels: labels, options: CSVOptions())
            return "none"
        } catch { return error.description }
    }

    @Test func whatCannotBeReadSaysWhy() throws {
        #expect(problem(try golden("arrays-object.npy")).contains("not read"))
        #expect(problem(try golden("arrays-f4.npy")).contains("--labels FILE"))
        #expect(problem(try golden("arrays-f4.npy"), labels: try golden("arrays-i2-big.npy")).contains("one number for each row"))
        #expect(problem(try golden("arrays-labels.npy"), labels: try golden("arrays-labels.npy")).contains("shape is [4]"))
        #expect(problem(Array(try golden("arrays-f4.npy").dropLast()), labels: try golden("arrays-labels.npy")).contains("cut off"))
        #expect(problem(Array(try golden("arrays.npz").dropLast(30))).contains("cut off"))
        #expect(problem(Array(try golden("arrays-images.idx3").dropLast()), labels: try golden("arrays-labels.idx1")).contains("cut off"))
        var nan = try golden("arrays-f4.npy")
        nan.replaceSubrange((nan.count - 4)..., with: [0, 0, 0xC0, 0x7F])
        #expect(problem(nan, labels: try golden("arrays-labels.npy")).contains("value 23"))
    }

    /// What a compressed array becomes is what the directory says, and not too much.
    @Test func compressedArraysAreHeldToTheirDirectory() throws {
        let whole = try golden("arrays-compressed.npz")
        let entry = try #require(whole.indices.dropLast(4).first { Array(whole[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
        func changed(_ offset: Int, _ value: [UInt8]) -> String {
            var bytes = whole
            bytes.replaceSubrange(entry + offset..<entry + offset + value.count, with: value)
            return problem(bytes)
        }
        let size = Int(whole[entry + 24]) | Int(whole[entry + 25]) << 8
        func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        #expect(changed(24, little(size)) == "none")
        #expect(changed(24, little(size - 1)).contains("more than may be"))
        #expect(changed(24, little(size + 1)).contains("not what the directory says"))
        #expect(changed(24, little(1 << 30)).contains("would become 1073741824 bytes"))
        #expect(changed(16, [whole[entry + 16] ^ 1]).contains("not what the directory says"))
        #expect(changed(10, [12, 0]).contains("packed in a way that is not read"))
        #expect(changed(20, little(10)).contains("cut short"))
    }

    /// Lengths that lie, bits that flip: an error, never a trap.
    @Test func damagedFilesNeverTrap() throws {
        var generator = SeededGenerator(seed: 5)
        for name in ["arrays-f4.npy", "arrays.npz", "arrays-compressed.npz", "arrays-images.idx3", "arrays-i2-big.npy"] {
            let whole = try golden(name)
            for _ in 0..<2000 {
                var bytes = whole
                for _ in 0...generator.below(4) { bytes[generator.below(bytes.count)] = UInt8(generator.below(256)) }
                if generator.below(3) == 0 { bytes.removeLast(generator.below(bytes.count)) }
                _ = try? DataFile.parse(bytes, labels: try golden("arrays-labels.npy"), options: CSVOptions())
            }
        }
    }
}
