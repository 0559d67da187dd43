import ClientNode
import Foundation
import Learning
import Testing

/// A node's text, as it lies on its disk.
@Suite struct LocalTextTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "tutti-text-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/b", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    private func options(_ path: String, partition: String? = nil, labels: String? = nil, schema: DataSchema? = nil) -> LocalDataOptions {
        LocalDataOptions(path: path, labels: labels, csv: CSVOptions(), partition: partition, schema: schema)
    }

    @Test func aFolderIsReadInTheOrderOfItsNames() throws {
        try inFolder { folder in
            try write([3], folder + "/c.txt")
            try write([1, 255], folder + "/a.TXT")
            try write([2], folder + "/b/deep.txt")
            try write([9], folder + "/no.csv")
            try write([], folder + "/empty.txt")
            let data = try LocalData.load(options(folder))
            #expect(data.schema == .text && data.dataset.texts == [[1, 255], [2], [3]], "bytes of any kind, and no others")
            let rows = try LocalRows.load(options(folder))
            #expect(rows.rows.count == 4, "it weighs bytes")
            #expect(try LocalData.load(options(folder + "/c.txt")).dataset.texts == [[3]])
        }
    }

    @Test func sharesOfATextAreDealtOut() throws {
        try inFolder { folder in
            let line = Array("a line of sixteen\n".utf8)
            try write((0..<20_000).flatMap { _ in line }, folder + "/a.txt")
            var library = LocalLibrary()
            var bytes = 0
            for share in ["1/3", "2/3", "3/3"] {
                let alone = try LocalRows.load(options(folder, partition: share)).rows
                let shared = try library.rows(options(folder, partition: share)).rows
                #expect(alone.dataset == shared.dataset && alone.count == shared.count)
                bytes += alone.count
            }
            #expect(bytes == 20_000 * line.count)
        }
    }

    @Test func whatIsWrongSaysWhatToDo() throws {
        try inFolder { folder in
            func problem(_ options: LocalDataOptions) -> String {
                do throws(ClientNodeError) {
                    _ = try LocalData.load(options)
                    return "none"
                } catch { return error.message + " " + error.remedy }
            }
            #expect(problem(options(folder)).contains("without a .txt file"))
            try write([], folder + "/a.txt")
            #expect(problem(options(folder)).contains("there is no text"))
            try write([65], folder + "/a.txt")
            #expect(problem(options(folder, labels: "y.npy")).contains("Leave out --labels"))
            #expect(problem(options(folder, partition: "1/3")) != "none", "one piece is no three shares")
            #expect(problem(options(folder + "/nothing.txt")).contains("no such file"))
            // The model decides what a file is read as.
            try write(Array("1,2\n".utf8), folder + "/rows.csv")
            #expect(try LocalData.load(options(folder + "/rows.csv", schema: .text)).dataset.samples == 4)
        }
    }
}
