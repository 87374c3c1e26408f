using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Benchmarks.Loads;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>
/// A Kinesis endpoint that answers at once and limits nothing, so that what is measured against it is the producer. Each answer is right: count, shard by
/// hash key, rising sequence numbers. Every body is kept, to be verified after the clock has stopped.
/// </summary>
internal sealed class AnsweringEndpoint
{
    public const string Verb = "answering-endpoint";

    private readonly RequestStore _store = new();

    /// <summary>Answers until the process ends.</summary>
    public static Task RunAsync()
    {
        var endpoint = new AnsweringEndpoint();
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        new Thread(() => endpoint.Accept(listener)) { IsBackground = true }.Start();
        ChildProcess.Tell(new EndpointLocation(new Uri($"http://{listener.LocalEndPoint}/"), ""));
        return ChildProcess.ServeAsync(command => Task.FromResult(endpoint.Command(command.Split(' ')[0], command.Split(' ')[1])));
    }

    private object Command(string verb, string stream)
    {
        switch (verb)
        {
            case EndpointProcess.Begin:
                _store.Reset();
                return true;
            case EndpointProcess.Report:
                return Verify(stream);
            default:
                throw new InvalidOperationException($"an endpoint without limits has no {verb}");
        }
    }

    private EndpointReport Verify(string stream)
    {
        var shards = BenchStream.MapOf(stream);
        var verifiers = Enumerable.Range(0, shards.Count).Select(i => new EndpointVerifier(shards[i].StartingHashKey, shards[i].EndingHashKey)).ToList();
        var request = new RequestBody();
        foreach (var body in _store.Requests)
        {
            request.Read(body);
            if (request.Stream != stream)
                continue;
            foreach (var entry in request.Entries)
                verifiers[BenchStream.ShardOf(entry.HashKey, shards.Count)].Add(request.DataOf(entry));
        }

        return EndpointReport.Sum(verifiers.Select(static v => v.Found));
    }

    // One thread a connection: blocking calls cost the least where few connections carry much.
    private void Accept(Socket listener)
    {
        while (true)
        {
            var socket = listener.Accept();
            new Thread(() => Serve(socket)) { IsBackground = true }.Start();
        }
    }

    private void Serve(Socket socket)
    {
        try
        {
            using (socket)
                new EndpointConnection(socket, _store).Serve();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            // The producer has closed: the end of a run.
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"the answering endpoint failed: {e}");
            Environment.Exit(1);
        }
    }
}
