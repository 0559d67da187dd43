internal import ModelServing

extension FuzzTarget {
    static let modelScan = FuzzTarget(
        "model-scan", feeds: "files of weights that somebody registers: pickles, archives, ONNX, safetensors", maximumBytes: 4096, share: 0.5,
        words: [
            "PK\u{3}\u{4}", "PK\u{1}\u{2}", "PK\u{5}\u{6}", "PK\u{6}\u{6}", "cos\nsystem\n", "ustar", "location", "../", "collections\nOrderedDict\n", "NUMPY",
        ],
        seeds: {
            [
                Seed("pickle", Array("(dp0\nVa\np1\nccollections\nOrderedDict\np2\n(tRp3\ns.".utf8)),
                Seed("protocol4", [0x80, 4, 0x8C, 2] + Array("os".utf8) + [0x94, 0x8C, 6] + Array("system".utf8) + [0x94, 0x93, 0x29, 0x52, 0x2E]),
                Seed("deflate", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0]),
                Seed("zip", zip(name: "a.pkl", content: Array("N.".utf8))),
                Seed("onnx", [8, 8, 0x3A, 18, 0x2A, 16, 0x6A, 14, 0x0A, 8] + Array("location".utf8) + [0x12, 2] + Array("..".utf8) + [0x70, 1]),
                Seed("safetensors", [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)),
            ]
        },
        check: { bytes in
            let report = ModelScan.report(bytes)
            try expect(report == ModelScan.report(bytes), "the same file is judged in two ways")
            try expect(report.isSafe == (report.problem == nil), "a file that is refused without a reason, or taken with one")
            try expect(report.isSafe || report.format == .stored, "a refused file that may be loaded")
            for check in report.checks { try expect(check.evidence.utf8.count < 4096, "evidence as long as the file") }
        })

    /// One stored entry.
    private static func zip(name: String, content: [UInt8]) -> [UInt8] {
        func two(_ value: Int) -> [UInt8] { [UInt8(value & 0xFF), UInt8(value >> 8)] }
        func four(_ value: Int) -> [UInt8] { two(value & 0xFFFF) + two(value >> 16) }
        let facts = two(20) + two(0) + two(0) + four(0) + four(0) + four(content.count) + four(content.count) + two(name.utf8.count) + two(0)
        let local = four(0x0403_4B50) + facts + Array(name.utf8) + content
        let entry = four(0x0201_4B50) + two(20) + facts + two(0) + two(0) + two(0) + four(0) + four(0) + Array(name.utf8)
        return local + entry + four(0x0605_4B50) + four(0) + two(1) + two(1) + four(entry.count) + four(local.count) + two(0)
    }
}
