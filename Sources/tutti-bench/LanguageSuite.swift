import ByteLanguage
import CommandKit
import Foundation
import KernelTable
import Learning
import StrictJSON
import TensorKernels

/// `tutti-bench run language`: bits per byte of text that nothing was trained on: what `xz -9` takes, alone and behind the training text,
/// counts of sequences of the training text, and a model file; and what a step of its training costs.
enum LanguageSuite {
    /// - Parameters: folders (all their files, by name) or files; without a training text its rows are missing.
    static func run(model path: String, heldOut: String, training: String?, _ progress: (String) -> Void) throws -> [BenchRow] {
        let model: ByteTransformer
        do { model = try ByteTransformer(reading: try read(path)) } catch let error as ByteLanguageError {
            throw CommandFailure(.configuration, "\(path): \(error)", remedy: "Give a byte language model with --model FILE.")
        }
        let held = try text(of: heldOut)
        let known = try training.map(text(of:))
        func bits(_ bytes: Int) -> Double { 8 * Double(bytes) / Double(held.count) }
        var (rows, best): ([BenchRow], Double?) = ([], nil)
        func add(_ name: String, _ value: Double, most: Double? = nil) {
            rows.append(BenchRow(name: "language.\(name).bits_per_byte", value: value, unit: "bits", spread: 0, most: most))
        }
        progress("language: \(held.count) bytes held out, \(known?.count ?? 0) bytes for training")
        if let alone = xz(held) {
            add("xz9", bits(alone))
            best = bits(alone)
            if let known, let before = xz(known), let both = xz(known + held) { add("xz9_behind_training_text", bits(both - before)) }
        }
        if let known {
            do {
                let counts = try NGramModel(training: known).bitsPerByte(held)
                add("ngram\(NGramModel.order)", counts)
                best = min(best ?? counts, counts)
            } catch { progress("language: no counts: the training text \(error)") }
        }
        progress("language: \(model.parameterCount) parameters read the text")
        add("transformer.windows_apart", model.bitsPerByte(held))
        // Half a window stands before each byte that counts.
        add("transformer", model.bitsPerByte(held, stride: model.configuration.context / 2), most: best)
        return try rows + numPy(path, model, held, progress) + [step(model, known ?? held)]
    }

    /// How many bytes of a greedy continuation are those that NumPy computes from the same file.
    private static func numPy(_ path: String, _ model: ByteTransformer, _ held: [UInt8], _ progress: (String) -> Void) throws -> [BenchRow] {
        let prompt = Array(held.prefix(min(60, model.contextBytes / 2)))
        let count = min(120, model.contextBytes - prompt.count)
        guard let said = answer(["python3", "benchmarks/peers/bytelm_numpy.py", path, prompt.map { hexadecimal($0) }.joined(), String(count)]),
            let theirs = try? JSON(parsing: [UInt8](said)), let greedy = theirs["greedy"]?.text, let bits = theirs["bits_per_byte"]?.double
        else {
            progress("language: python3 with numpy is not there")
            return []
        }
        var generation = try TextGeneration(model, prompt: prompt, SamplingOptions(maxBytes: count, temperature: 0))
        var own: [UInt8] = []
        while generation.finish == nil { own += generation.step() }
        let same = zip(own.map { hexadecimal($0) }.joined(), greedy).prefix { $0 == $1 }.count / 2
        progress("language: it goes on: \(String(decoding: prompt, as: UTF8.self))|\(String(decoding: own, as: UTF8.self))")
        return [
            BenchRow(
                name: "language.greedy.bytes", value: Double(own.count), unit: "bytes", spread: 0, beside: "are NumPy's, in Float64",
                ratio: Double(same) / Double(max(1, own.count, greedy.count / 2)), goal: 1),
            BenchRow(
                name: "language.prompt.bits_per_byte", value: model.bitsPerByte(prompt), unit: "bits", spread: 0, beside: "NumPy's",
                ratio: model.bitsPerByte(prompt) / bits),
        ]
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// Symbols a second of one thread, with batches of 1,024 of them, beside the largest product's share of it.
    private static func step(_ model: ByteTransformer, _ text: [UInt8]) throws -> BenchRow {
        let c = model.configuration
        let window = min(c.context, 256)
        let options = TransformerTraining(steps: 8, batch: max(1, 1024 / window), window: window, learningRate: 1e-4, seed: 1)
        let (trainer, shard) = (TransformerTrainer(configuration: c), Array(text.prefix(1 << 20)))
        var rates: [Double] = []
        for _ in 0..<5 {
            var parameters = model.parameters
            let start = ContinuousClock.now
            let said = try trainer.train(parameters: &parameters, texts: [shard], options).symbols
            let elapsed = (ContinuousClock.now - start).components
            rates.append(Double(said) / (Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18))
        }
        rates.sort()
        // Forward and both gradients: six operations for each weight of a product, and twelve for each pair of positions and width, of
        // which half are seen.
        let flop = 6 * (c.layers * (4 * c.width * c.width + 2 * c.width * c.hidden) + Symbol.count * c.width) + 6 * c.layers * window * c.width
        let limit = product()
        return BenchRow(
            name: "language.training.symbols_per_second", value: rates[2], unit: "1/s", spread: (rates[4] - rates[0]) / rates[2],
            beside: "of a product of 512x512x512, one thread, same run", ratio: rates[2] * Double(flop) / limit)
    }

    /// Operations a second.
    private static func product() -> Double {
        let (n, kernels) = (512, Kernels.active)
        let (a, b) = ([Float](repeating: 0.5, count: n * n), [Float](repeating: 0.25, count: n * n))
        var (c, scratch) = (a, [Float](repeating: 0, count: kernels.sgemmScratchCount(n, n, n)))
        let times = (0..<15).map { _ in ContinuousClock().measure { kernels.sgemm(n, n, n, a, n, 1, b, n, 1, &c, n, false, &scratch) } }
        let best = (times.min() ?? .seconds(1)).components
        return 2 * Double(n * n * n) / (Double(best.seconds) + Double(best.attoseconds) * 1e-18)
    }

    private static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "benchmarks/bytelm_text.py makes texts.")
        }
        return [UInt8](data)
    }

    private static func text(of path: String) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard exists, isFolder.boolValue else { return try read(path) }
        // Folders in it are those of clients.
        let names = (FileManager.default.subpaths(atPath: path) ?? []).filter { $0.hasSuffix(".txt") && !$0.hasPrefix("held-out/") }.sorted()
        let text = try names.flatMap { try read(path + "/" + $0) }
        guard !text.isEmpty else { throw CommandFailure(.configuration, "\(path) has no text.", remedy: "Give a folder with files *.txt.") }
        return text
    }

    /// Bytes of `xz -9`; nil where there is none.
    private static func xz(_ bytes: [UInt8]) -> Int? {
        let file = FileManager.default.temporaryDirectory.appending(path: "tutti-language-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        guard (try? Data(bytes).write(to: file)) != nil else { return nil }
        return answer(["xz", "-9", "-c", file.path])?.count
    }

    /// What a program prints; nil where it is not there, or fails.
    private static func answer(_ arguments: [String]) -> Data? {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil, let said = try? output.fileHandleForReading.readToEnd() else { return nil }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? said : nil
    }
}
