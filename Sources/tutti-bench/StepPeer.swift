import Foundation
import StrictJSON

/// `benchmarks/peers/training_step.py`, kept running: it is asked for one repetition at a time, so that both sides see the
/// same weather on the machine.
final class StepPeer {
    let cases: [String]
    let openBLAS: OpenBLAS?
    let description: String
    private let process: Process
    private let asks: FileHandle
    private let answers: FileHandle

    /// nil where Python, PyTorch or NumPy is not there.
    init?() {
        // A peer that dies must not take the suite with it.
        signal(SIGPIPE, SIG_IGN)
        // The library is loaded into this process too.
        setenv("OPENBLAS_NUM_THREADS", "1", 1)
        let (input, output) = (Pipe(), Pipe())
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "benchmarks/peers/training_step.py"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        (asks, answers) = (input.fileHandleForWriting, output.fileHandleForReading)
        guard (try? process.run()) != nil, let line = StepPeer.line(of: output.fileHandleForReading), let about = try? JSON(parsing: [UInt8](line.utf8)) else {
            return nil
        }
        cases = (about["cases"]?.elements ?? []).compactMap(\.text)
        let blas = about["openblas"]
        let library = OpenBLAS(path: blas?["path"]?.text, symbol: blas?["sgemm"]?.text, core: blas?["core"]?.text)
        openBLAS = library
        let versions = "PyTorch \(about["torch"]?.text ?? "?"), NumPy \(about["numpy"]?.text ?? "?")"
        description = "\(versions), OpenBLAS \(library.map { "with kernels for \($0.core)" } ?? "not found")"
    }

    deinit {
        try? asks.close()
        process.waitUntilExit()
    }

    /// Of one step, taken over about a tenth of a second.
    func seconds(_ name: String) -> Double? {
        guard (try? asks.write(contentsOf: Data("\(name)\n".utf8))) != nil else { return nil }
        return Self.line(of: answers).flatMap(Double.init)
    }

    private static func line(of handle: FileHandle) -> String? {
        var line = Data()
        while true {
            guard let byte = try? handle.read(upToCount: 1), let first = byte.first else { return nil }
            if first == 0x0A { return String(decoding: line, as: UTF8.self) }
            line.append(first)
        }
    }
}

/// The single-precision product of an OpenBLAS with 64-bit integers, as NumPy's wheels carry it.
struct OpenBLAS {
    private typealias Product =
        @convention(c) (
            Int32, Int32, Int32, Int, Int, Int, Float, UnsafePointer<Float>, Int, UnsafePointer<Float>, Int, Float,
            UnsafeMutablePointer<Float>, Int
        ) -> Void

    /// The processor whose kernels it chose.
    let core: String
    private let sgemm: Product

    /// nil where the library cannot be loaded.
    init?(path: String?, symbol: String?, core: String?) {
        guard let path, let symbol, let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL), let address = dlsym(handle, symbol) else { return nil }
        sgemm = unsafeBitCast(address, to: Product.self)
        self.core = core ?? "?"
    }

    /// C[m,n] = A[m,k]·B[k,n], rows one after the other; or ·Bᵀ of B[n,k].
    func product(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ transposed: Bool,
        _ c: UnsafeMutablePointer<Float>
    ) {
        // CblasRowMajor, CblasNoTrans, CblasTrans
        sgemm(101, 111, transposed ? 112 : 111, m, n, k, 1, a, k, b, transposed ? k : n, 0, c, n)
    }
}
