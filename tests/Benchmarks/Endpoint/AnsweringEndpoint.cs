using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>
/// A Kinesis endpoint that answers at once and limits nothing: what is measured against it is the producer. Each answer is
/// right (count, shard by hash key, rising sequence numbers), and every body is kept to be checked on <c>report</c>.
/// </summary>
internal static class AnsweringEndpoint
{
    public const string Verb = "answering-endpoint";

    /// <summary>Command to tell of the handshakes of TLS so far.</summary>
    public const string Handshakes = "handshakes";

    private static long _handshakes;
    private static string _cipher = "";

    /// <param name="certificateFile">Certificate and key; null for clear text.</param>
    public static async Task RunAsync(string? certificateFile)
    {
        var store = new RequestStore();
        using var certificate = certificateFile is null ? null : BenchCertificate.Load(certificateFile);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        new Thread(() => Accept(listener, certificate, store)) { IsBackground = true }.Start();

        ChildProcess.Tell(((IPEndPoint)listener.LocalEndPoint!).Port);
        await ChildProcess.ServeAsync(command =>
        {
            if (command == Handshakes)
                return Task.FromResult<object>(new HandshakeCount(Volatile.Read(ref _handshakes), Volatile.Read(ref _cipher)));

            if (command == "reset")
            {
                store.Reset();
                return Task.FromResult<object>(true);
            }

            return Task.FromResult<object>(EndpointVerifier.Verify(store.Requests));
        });
    }

    private static void Accept(Socket listener, X509Certificate2? certificate, RequestStore store)
    {
        while (true)
        {
            var socket = listener.Accept();
            new Thread(() => Serve(socket, certificate, store)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket, X509Certificate2? certificate, RequestStore store)
    {
        try
        {
            var wire = new EndpointWire(socket, certificate);
            if (wire.Cipher is { } cipher)
            {
                Interlocked.Increment(ref _handshakes);
                Volatile.Write(ref _cipher, cipher);
            }

            new EndpointConnection(wire, store).Serve();
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"the answering endpoint failed: {e}");
            Environment.Exit(1);
        }
    }
}
