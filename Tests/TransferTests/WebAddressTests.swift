import Testing
import Transfer

@Suite("Web address")
struct WebAddressTests {
    @Test(
        "Scheme, host and port are those that libcurl will use",
        arguments: [
            ("https://A.example/x?y=z", "https://a.example", 443, false),
            ("http://localhost:8080", "http://localhost:8080", 8080, true),
            ("https://[::1]:8443/", "https://[::1]:8443", 8443, true),
            ("http://127.8.9.10/", "http://127.8.9.10", 80, true),
            ("http://127.0.0.1.example/", "http://127.0.0.1.example", 80, false),
            ("https://a.example:443", "https://a.example", 443, false),
        ])
    func parts(_ text: String, origin: String, port: Int, isLoopback: Bool) throws {
        let address = try WebAddress(text)
        #expect(address.origin == origin && address.port == port)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        "Other schemes, names in it, and what is none are refused without repeating it",
        arguments: [
            "", "a.example", "ftp://a.example/", "file:///etc/passwd", "https://u:p@a.example/",
            "https://u@a.example/", "https://a.example/a b", "https://a.example/\n", "https://",
            "https://a.example:99999/", "smtp://a.example/", "javascript:alert(1)",
        ])
    func refused(_ text: String) throws {
        let error = #expect(throws: TransferError.self) { try WebAddress(text) }
        #expect(error?.description.contains("a.example") == false)
    }
}
