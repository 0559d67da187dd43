internal import CPKCS11
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A library of PKCS #11 in this process. It is loaded once, and never unloaded: others may use it, too.
///
/// The list of functions is the library's and is never changed. With CKF_OS_LOCKING_OK they may be called from any thread.
struct Module: @unchecked Sendable {
    let functions: CK_FUNCTION_LIST
    let path: String

    private static let loaded = Mutex<[String: Module]>([:])

    static func load(_ path: String) throws(TokenError) -> Module {
        let result: Result<Module, TokenError> = loaded.withLock { known in
            if let module = known[path] { return .success(module) }
            do throws(TokenError) {
                let module = try Module(path)
                known[path] = module
                return .success(module)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    private init(_ path: String) throws(TokenError) {
        // Another name would be looked for where others may have put something.
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else { throw .module(path: path, problem: "its path is not absolute") }
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw .module(path: path, problem: dlerror().map { String(cString: $0) } ?? "it cannot be loaded")
        }
        guard let symbol = dlsym(library, "C_GetFunctionList") else { throw .module(path: path, problem: "it has no C_GetFunctionList") }
        guard let getList = unsafeBitCast(symbol, to: CK_C_GetFunctionList?.self) else {
            throw .module(path: path, problem: "its C_GetFunctionList leads nowhere")
        }
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        let code = TokenReturn(getList(&list))
        guard code == .ok, let list else { throw .module(path: path, problem: "C_GetFunctionList says \(code)") }
        guard list.pointee.version.major >= 2 else { throw .module(path: path, problem: "it is of version \(list.pointee.version.major) of the standard") }
        (functions, self.path) = (list.pointee, path)
        try initialise()
    }

    /// Again after somebody has finalised it.
    func initialise() throws(TokenError) {
        var arguments = CK_C_INITIALIZE_ARGS()
        arguments.flags = CKF_OS_LOCKING_OK
        let code = TokenReturn(try function(functions.C_Initialize, "C_Initialize")(&arguments))
        guard code == .ok || code == .alreadyInitialised else { throw .module(path: path, problem: "C_Initialize says \(code)") }
    }

    /// - Throws: for a function that the module does not have.
    func function<Function>(_ one: Function?, _ name: String) throws(TokenError) -> Function {
        guard let one else { throw .module(path: path, problem: "it has no \(name)") }
        return one
    }

    func check(_ name: String, _ code: CK_RV) throws(TokenError) {
        guard code == 0 else { throw .call(name, TokenReturn(code)) }
    }
}
