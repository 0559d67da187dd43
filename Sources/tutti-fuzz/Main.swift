import Foundation
import FuzzTargets

/// The fuzzer's program. Built with `-sanitize=fuzzer -DFUZZING` it is libFuzzer over the target that TUTTI_FUZZ_TARGET names,
/// with libFuzzer's own arguments; built as usual it runs the files it is given through the target, once each.
///
///     tutti-fuzz --list               names, and what each feeds
///     tutti-fuzz --seeds TARGET DIR   writes valid samples
///     tutti-fuzz --words TARGET       the words as a dictionary of libFuzzer
@main enum Main {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "--list": for target in FuzzTarget.all { print("\(target.name)\t\(target.maximumBytes)\t\(target.feeds)") }
        case "--seeds" where arguments.count == 3:
            for seed in try named(arguments[1]).seeds() { try write(seed.bytes, to: "\(arguments[2])/seed-\(seed.name)") }
        case "--words" where arguments.count == 2: for word in named(arguments[1]).words { print(dictionaryLine(word)) }
        default: run(arguments)
        }
    }

    static func named(_ name: String) -> FuzzTarget {
        guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
            fail("there is no target '\(name)'; 'tutti-fuzz --list' names them")
        }
        return target
    }

    static let target = named(getenv("TUTTI_FUZZ_TARGET").map { String(cString: $0) } ?? "")

    /// A failure ends the process as a trap does, so that libFuzzer keeps the input.
    static func execute(_ bytes: [UInt8]) {
        do { try target.run(bytes) } catch { fatalError("target \(target.name): \(error)") }
    }

    static func fail(_ problem: String) -> Never {
        FileHandle.standardError.write(Data("tutti-fuzz: \(problem)\n".utf8))
        exit(64)
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "w") else { fail("\(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { fail("\(path) cannot be written") }
    }

    private static func dictionaryLine(_ word: String) -> String {
        let digits = Array("0123456789ABCDEF")
        let escaped = word.utf8.map {
            (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C ? String(UnicodeScalar($0)) : "\\x\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])"
        }
        return "\"\(escaped.joined())\""
    }
}

#if FUZZING
    @_silgen_name("LLVMFuzzerRunDriver") private func drive(
        _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
        _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt

    /// libFuzzer looks for this name; the driver is given it as well.
    @_cdecl("LLVMFuzzerTestOneInput") func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        Main.execute(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }

    extension Main {
        static func run(_: [String]) {
            _ = target
            var (count, arguments) = (CommandLine.argc, CommandLine.unsafeArgv)
            exit(drive(&count, &arguments, testOneInput))
        }
    }
#else
    extension Main {
        static func run(_ files: [String]) {
            guard !files.isEmpty else { fail("give files to run through TUTTI_FUZZ_TARGET; cluster/fuzz builds and runs the fuzzer") }
            for path in files {
                guard let file = fopen(path, "r") else { fail("\(path): \(String(cString: strerror(errno)))") }
                var bytes = [UInt8](repeating: 0, count: target.maximumBytes + 1)
                bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
                fclose(file)
                execute(bytes)
                print("\(path): held (\(bytes.count) bytes)")
            }
        }
    }
#endif
