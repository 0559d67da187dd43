import ModelServing
import Testing

/// Files of weights as programs write them, and as somebody would who means harm.
@Suite struct ScanTests {
    private func report(_ name: String) throws -> ScanReport {
        let bytes = Files.bytes(name)
        try #require(!bytes.isEmpty, "\(name)")
        return ModelScan.report(bytes)
    }

    @Test(arguments: [
        ("numpy0", FileKind.pickle), ("numpy1", .pickle), ("numpy2", .pickle), ("numpy3", .pickle), ("numpy4", .pickle), ("numpy5", .pickle),
        ("torchPickle", .pickle), ("torchZip", .zip), ("torchZip64", .zip), ("deflatedZip", .zip), ("npy", .npy), ("tgz", .gzip), ("tarGnu", .gzip),
        ("onnx", .onnx), ("onnxOutside", .onnx), ("safetensors", .safetensors),
    ])
    func whatProgramsWriteIsTaken(_ name: String, _ kind: FileKind) throws {
        let report = try report(name)
        #expect(report.kind == kind && report.isSafe, "\(name): \(report)")
        #expect(report.format == (name == "onnx" ? .onnx : .stored))
        #expect(report.notAssessed.isEmpty == (name != "onnxOutside"))
    }

    @Test(arguments: [
        ("evil0", ScanCheck.Rule.pickleOpcodes, "system"), ("evil1", .pickleOpcodes, "system"), ("evil2", .pickleOpcodes, "system"),
        ("evil3", .pickleOpcodes, "system"), ("evil4", .pickleOpcodes, "system"), ("evil5", .pickleOpcodes, "system"),
        ("evilZip", .pickleOpcodes, "m/data.pkl"), ("evilDeflatedZip", .pickleOpcodes, "m/data.pkl"), ("evilNpy", .pickleOpcodes, "system"),
        ("evilNpz", .pickleOpcodes, "b.npy"), ("tar_evil", .pickleOpcodes, "m/w.pkl"), ("tar_link", .archiveRules, "link"), ("tar_hard", .archiveRules, "link"),
        ("tar_up", .archiveRules, "leads outside"), ("tar_abs", .archiveRules, "absolute"), ("tar_dev", .archiveRules, "kind"),
        ("tar_twice", .archiveRules, "twice"), ("tar_paxup", .archiveRules, "leads outside"), ("gzBomb", .archiveRules, "unpacked"),
        ("gzText", .archiveRules, "no tar"), ("onnxUp", .onnxExternalData, "leads outside"), ("onnxAbs", .onnxExternalData, "absolute"),
    ])
    func whatWouldDoHarmIsRefused(_ name: String, _ rule: ScanCheck.Rule, _ word: String) throws {
        let report = try report(name)
        let failed = try #require(report.checks.first { !$0.passed }, "\(name): \(report)")
        #expect(failed.rule == rule && failed.evidence.contains(word), "\(name): \(report)")
        #expect(report.format == .stored && report.problem != nil)
    }

    // MARK: Pickles by hand

    private func scan(_ text: String) -> PickleScan { PickleScan(Array(text.utf8)[...]) }

    @Test func namesThatCannotBeFollowedAreNotTrusted() {
        // os.system put together on the stack, through the memo, out of order, and by a number of the registry.
        let direct: [UInt8] =
            [0x80, 4, 0x8C, 2] + Array("os".utf8) + [0x8C, 6] + Array("system".utf8) + [0x93, 0x8C, 2] + Array("id".utf8) + [0x85, 0x52, 0x2E]
        #expect(PickleScan(direct[...]).problems.text.contains("os.system"))
        let memo: [UInt8] =
            [0x80, 4, 0x8C, 6] + Array("system".utf8) + [0x94, 0x30, 0x8C, 2] + Array("os".utf8) + [0x68, 0, 0x93, 0x29, 0x52, 0x2E]
        #expect(PickleScan(memo[...]).problems.text.contains("os.system"))
        let made: [UInt8] = [0x80, 4, 0x4E, 0x4E, 0x93, 0x29, 0x52, 0x2E]
        #expect(PickleScan(made[...]).problems.text.contains("cannot be followed"))
        #expect(PickleScan([0x80, 2, 0x82, 5, 0x29, 0x52, 0x2E]).problems.text.contains("copyreg"))
        #expect(scan("(S'id'\nios\nsystem\n.").problems.text.contains("os.system"))
        #expect(scan("(cos\nsystem\nS'id'\no.").problems.text.contains("os.system"))
        // A class that is allowed is not to be changed, and what was made is not to be called.
        #expect(scan("ccollections\nOrderedDict\n}b.").problems.text.contains("changes a class"))
        #expect(scan("ccollections\nOrderedDict\n)R)R.").problems.text.contains("made itself"))
        #expect(scan("ccollections\nOrderedDict\n)R}b.").problems.isEmpty)
        // Escapes hide a letter.
        #expect(scan("V\\u006fs\nVsystem\n\u{93}").problems.isEmpty)
        let escaped = Array("V\\u006fs\nVsystem\n".utf8) + [0x93, 0x29, 0x52, 0x2E]
        #expect(PickleScan(escaped[...]).problems.text.contains("cannot be followed"))
    }

    @Test func aPrefixThatRunsIsEnough() {
        // Python runs opcodes as it reads them: what comes behind does not matter.
        let bytes = Array("cos\nsystem\n(S'id'\ntR".utf8) + [0xFF, 0xFF]
        #expect(ModelScan.report(bytes).problem?.contains("os.system") == true)
        #expect(ModelScan.report(Array("cargo build\n".utf8)).isSafe)
        #expect(ModelScan.report([]).isSafe && ModelScan.report([]).kind == .unknown)
    }

    @Test func brokenOffAnywhereNothingIsTakenAndNothingTraps() throws {
        for name in ["numpy4", "torchZip", "torchZip64", "deflatedZip", "tgz", "onnx", "onnxAbs", "safetensors", "npy", "evil2", "evilNpz"] {
            let bytes = Files.bytes(name)
            for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
                let report = ModelScan.report(Array(bytes.prefix(count)))
                #expect(report.format == .stored || (name == "onnx" && report.kind == .onnx))
            }
            for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) {
                for value in [UInt8(0), 0x7F, 0xFF] {
                    var changed = bytes
                    changed[place] = value
                    _ = ModelScan.report(changed)
                }
            }
        }
    }

    // MARK: Archives

    @Test func archivesThatAreTwoThingsAreRefused() {
        let zip = Files.bytes("torchZip")
        #expect(ModelScan.report(Array("GGUF".utf8) + zip).checks.first?.rule == .singleMeaning)
        #expect(ModelScan.report(Files.bytes("torchPickle") + zip).isSafe == false)
        #expect(ModelScan.report([0x50, 0x4B, 3, 4] + zip).isSafe == false)
    }

    @Test func entriesOfAZipAreHeldToTheirWord() throws {
        let zip = Files.bytes("torchZip")
        let scan = ZipScan(zip[...])
        #expect(scan.problems.isEmpty && scan.entries.count == 3)
        let directory = try #require(zip.indices.dropLast(4).first { Array(zip[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
        func changed(_ offset: Int, _ bytes: [UInt8]) -> String {
            var copy = zip
            copy.replaceSubrange(directory + offset..<directory + offset + bytes.count, with: bytes)
            return ZipScan(copy[...]).problems.text
        }
        // A link, an encrypted entry, a bomb, a name that leads outside in one of two places, an entry that lies elsewhere.
        #expect(changed(38, [0, 0, 0xFF, 0xA1]).contains("link"))
        #expect(changed(8, [1, 0]).contains("encrypted"))
        #expect(changed(24, [0xFF, 0xFF, 0xFF, 0x7F]).contains("two sizes"))
        #expect(changed(10, [8, 0, 0, 0, 0, 0, 0, 0, 0, 0]).isEmpty)
        #expect(changed(10, [12, 0]).contains("not looked into"))
        #expect(changed(46, Array("../ata.pkl".utf8)).contains("leads outside"))
        #expect(changed(42, [1, 0, 0, 0]).contains("does not lie"))
        #expect(changed(20, [0xFF, 0xFF, 0, 0, 0xFF, 0xFF, 0, 0]).contains("does not lie"))
    }

    @Test func manyEntriesAreNotBelieved() {
        var zip = Files.bytes("torchZip")
        let end = zip.count - 22
        (zip[end + 8], zip[end + 9], zip[end + 10], zip[end + 11]) = (0xFE, 0xFF, 0xFE, 0xFF)
        #expect(ZipScan(zip[...]).problems.text.contains("at most"))
    }

    // MARK: DEFLATE

    @Test func deflateIsReadAsZlibWritesIt() throws {
        // RFC 1951: a stored block, fixed codes (zlib's "hello"), and what refers back beyond the window.
        #expect(Inflate.whole([1, 3, 0, 0xFC, 0xFF, 1, 2, 3], limit: 3) == [1, 2, 3])
        #expect(Inflate.whole([0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], limit: 5) == Array("hello".utf8))
        #expect(Inflate.whole([0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00], limit: 4) == nil)
        #expect(Inflate.run([7], limit: 9) { _ in true } == .malformed)
        let zip = ZipScan(Files.bytes("deflatedZip")[...])
        let long = try #require(zip.entries.last.flatMap { zip.content($0) })
        #expect(Array(long) == Array(repeatElement("abcabcabd", count: 3000).joined().utf8))
    }

    // MARK: Safetensors

    @Test func safetensorsAreReadStrictly() {
        var bytes = Files.bytes("safetensors")
        #expect(ModelScan.report(bytes + [0]).checks.first?.rule == .safetensorsHeader)
        bytes[0] = 0xFF
        #expect(ModelScan.report(bytes).isSafe == false)
        // A header as long as the file is said to be, without its bytes.
        #expect(ModelScan.report([0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0, 0x7B]).isSafe == false)
    }
}
