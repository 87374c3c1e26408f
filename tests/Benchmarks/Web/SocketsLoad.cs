using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>What slow sockets came to.</summary>
/// <param name="Seconds">From the first byte until the last socket was closed by the tier.</param>
/// <param name="Left">Sockets that were still open when the load gave up.</param>
internal sealed record SlowSockets(double Seconds, int Left);

/// <summary>Many sockets of one process: a put under way on each, or a byte a second.</summary>
internal static class SocketsLoad
{
    public const string Verb = "sockets-load";

    /// <summary>Command to read the answers of the puts that are under way.</summary>
    public const string Answers = "answers";

    /// <summary>Command to send a byte a second on so many sockets: <c>slow URL COUNT</c>.</summary>
    public const string Slow = "slow ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Slow where a server waits: in the headers, in a body, and in the bytes by which it tells HTTP/2.
    private static readonly string[] Beginnings =
    [
        "POST /events/confirmed HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        "POST /events/confirmed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n",
        "",
    ];

    private static readonly string[] Continuations = [new('x', 100), new('x', 100), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + new string('\0', 100)];

    /// <summary>Takes a <see cref="WebSpec"/> and sends one request on each connection, or one of the commands above.</summary>
    public static async Task RunAsync()
    {
        var (requests, connections, asked) = ((WebRequests?)null, new List<WebConnection>(), Array.Empty<Task<ReadOnlyMemory<byte>>>());
        await ChildProcess.ServeAsync(async command =>
        {
            if (command.StartsWith(Slow, StringComparison.Ordinal))
                return await SendSlowlyAsync(new Uri(command.Split(' ')[1]), int.Parse(command.Split(' ')[2]));
            if (command == Answers)
                return (await Task.WhenAll(asked)).Count(a => requests!.IsSuccess(a.Span));
            var spec = JsonSerializer.Deserialize<WebSpec>(command)!;
            requests = WebRequests.Make(spec);
            for (var c = 0; c < spec.Connections; c++)
                connections.Add(await WebConnection.OpenAsync(new Uri(spec.Url)));
            asked = [.. connections.Select((c, i) => c.AskAsync(requests.Of(i)).AsTask())];
            return true;
        });
    }

    private static async Task<SlowSockets> SendSlowlyAsync(Uri url, int count)
    {
        var sockets = new List<(Socket Socket, byte[] Next)>();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, url.Port));
            await socket.SendAsync(Encoding.ASCII.GetBytes(Beginnings[i % Beginnings.Length]));
            socket.Blocking = false;
            sockets.Add((socket, Encoding.ASCII.GetBytes(Continuations[i % Beginnings.Length])));
        }

        var clock = Stopwatch.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var second = 0; sockets.Count > 0 && Stopwatch.GetElapsedTime(clock) < Patience; second++)
        {
            sockets.RemoveAll(s => IsClosed(s.Socket, s.Next[second % s.Next.Length]));
            await pace.WaitForNextTickAsync();
        }

        sockets.ForEach(static s => s.Socket.Dispose());
        return new SlowSockets(Stopwatch.GetElapsedTime(clock).TotalSeconds, sockets.Count);
    }

    private static bool IsClosed(Socket socket, byte next)
    {
        var answer = new byte[1 << 10];
        try
        {
            while (socket.Poll(0, SelectMode.SelectRead))
            {
                if (socket.Receive(answer) > 0)
                    continue;
                socket.Dispose();
                return true;
            }

            socket.Send([next]);
            return false;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return true;
        }
    }
}
