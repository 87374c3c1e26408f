using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>
/// A Kinesis endpoint that answers at once and limits nothing: what is measured against it is the producer. Each answer is
/// right (count, shard by hash key, rising sequence numbers), and every body is kept to be checked on <c>report</c>.
/// </summary>
internal static class AnsweringEndpoint
{
    public const string Verb = "answering-endpoint";

    public static async Task RunAsync()
    {
        var store = new RequestStore();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        new Thread(() => Accept(listener, store)) { IsBackground = true }.Start();

        ChildProcess.Tell(((IPEndPoint)listener.LocalEndPoint!).Port);
        await ChildProcess.ServeAsync(command =>
        {
            if (command == "reset")
            {
                store.Reset();
                return Task.FromResult<object>(true);
            }

            return Task.FromResult<object>(EndpointVerifier.Verify(store.Requests));
        });
    }

    private static void Accept(Socket listener, RequestStore store)
    {
        while (true)
        {
            var connection = new EndpointConnection(listener.Accept(), store);
            new Thread(() => Serve(connection)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(EndpointConnection connection)
    {
        try
        {
            connection.Serve();
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"the answering endpoint failed: {e}");
            Environment.Exit(1);
        }
    }
}
