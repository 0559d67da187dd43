import Foundation
import Testing

/// The compiler shares what it makes of generic code between modules: the function is a weak symbol, and the linker keeps
/// one of several. If it kept one that was compiled for AVX, callers on a plain processor would die of an illegal
/// instruction. So no function of an AVX target may be weak, unless its name says that it belongs to that target.
@Suite struct SymbolTests {
    /// Weak functions defined in `symbols`, the output of `nm`, that other modules could have under the same name.
    static func leaks(_ symbols: String, module: String) -> [String] {
        let own = "\(module.utf8.count)\(module)"  // as names are mangled
        return symbols.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 2)
            // An undefined symbol has no address, and so one field less; weak data is a V.
            guard fields.count == 3, ["W", "u", "i"].contains(fields[1]), !fields[2].contains(own) else { return nil }
            return String(fields[2])
        }
    }

    /// Library functions called in place of an instruction or an inlined loop.
    static func slowCalls(_ symbols: String) -> [String] {
        symbols.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count == 2, fields[0] == "U" else { return nil }
            let name = String(fields[1])
            let isMath = ["fma", "fmaf", "exp", "expf", "log", "logf"].contains(name)
            return isMath || name.hasPrefix("$sS") || name.hasPrefix("$ss") && !name.hasSuffix("Mn") ? name : nil
        }
    }

    @Test func aLeakIsRecognised() {
        let symbols = """
            0000000000000000 T $s11KernelsAVX211trimmedMeanyySPySPySfGG_S2iSpySfGSiAEtF
            0000000000000720 W $s11KernelsAVX25tiles33_C80D4BEEDDF9BCD3522BECD2D6E6D480LLyyF
            0000000000000000 V __swift_reflection_version
                             U memset
                             w __gmon_start__
            00000000000002a0 W $ss11InlineArrayV9repeatingAByxq_Gq__tcfC$15__SdTt1g5
            0000000000000120 W __swift_memcpy89_8
            """
        #expect(
            Self.leaks(symbols, module: "KernelsAVX2")
                == ["$ss11InlineArrayV9repeatingAByxq_Gq__tcfC$15__SdTt1g5", "__swift_memcpy89_8"])
        #expect(Self.slowCalls("                 U fmaf\n                 U memset") == ["fmaf"])
    }

    #if arch(x86_64)
        @Test(arguments: ["KernelsAVX2", "KernelsAVX512"])
        func noFunctionOfAnAVXTargetCanBeTakenForAnother(_ module: String) throws {
            let symbols = try Self.symbols(module)
            #expect(symbols.contains("trimmedMean"), "nm lists nothing of \(module)")
            #expect(Self.leaks(symbols, module: module) == [])
        }

        @Test func noFunctionOfTheTargetForAESCanBeTakenForAnother() throws {
            let symbols = try Self.symbols("KernelsVAES")
            #expect(symbols.contains("expand"), "nm lists nothing of KernelsVAES")
            #expect(Self.leaks(symbols, module: "KernelsVAES") == [])
        }

        @Test(arguments: ["KernelsBaseline", "KernelsAVX2", "KernelsAVX512", "KernelsVAES"])
        func kernelsCallNoGenericCodeAndNoMathLibrary(_ module: String) throws {
            #expect(Self.slowCalls(try Self.symbols(module)) == [])
        }
    #endif

    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// What `nm` says about the objects of a target, which lie beside the test program in debug and in release builds.
    static func symbols(_ module: String) throws -> String {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let products = URL(fileURLWithPath: program).deletingLastPathComponent()
        let folder = products.appendingPathComponent("\(module).build")
        let objects = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let paths = objects.filter { $0.hasSuffix(".o") }.sorted().map { folder.appendingPathComponent($0).path }
        guard !paths.isEmpty else { throw Problem(description: "there are no object files in \(folder.path)") }
        let search = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        let candidates = ["nm", "llvm-nm"].flatMap { name in search.map { "\($0)/\(name)" } }
        guard let nm = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw Problem(description: "neither nm nor llvm-nm is on the PATH: install binutils")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: nm)
        process.arguments = paths
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Problem(description: "\(nm) ended with status \(process.terminationStatus)")
        }
        return String(decoding: output, as: UTF8.self)
    }
}
