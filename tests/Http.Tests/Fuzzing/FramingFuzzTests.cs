using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Http.Tests.Fuzzing;

/// <summary>Damaged requests as bytes of a socket: request lines, headers, lengths, chunks and trailers.</summary>
[Collection(nameof(Alone))]
public sealed class FramingFuzzTests
{
    private const string Record = """{"partition_key":"k","payload":1}""";

    private static readonly byte[][] Good = [.. new[]
    {
        $"POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {Record.Length}\r\n\r\n{Record}",
        "POST /streams/s/records?stream=true HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
            + $"10\r\n{Record[..16]}\r\n{Record.Length - 15:x};e=1\r\n{Record[16..]}\n\r\n0\r\nTrailer: a\r\n\r\n",
        "POST /streams/s/records?key=text:k&ack=accepted HTTP/1.1\r\nHost: x:80\r\nContent-Type: application/x-ndjson; charset=utf-8\r\n"
            + "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nContent-Length: 3\r\n\r\n1\n2"
            + "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /streams/arn%3Aaws%3Akinesis%3Aus-east-1%3A000000000000%3Astream%2Forders/records HTTP/1.1\r\nHost: x\r\nX-Partition-Key: k\r\n"
            + "X-Explicit-Hash-Key: 17\r\nContent-Type: text/plain\r\nOrigin: http://x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\ndata",
    }.Select(Encoding.UTF8.GetBytes)];

    [Fact]
    public Task Bytes_OfAnyKind_AreAnsweredByName_OrTheConnectionEnds() => SendAsync(3_000);

    [Fact]
    [Trait("Category", "Long")]
    public Task Bytes_OfAnyKind_FromAnotherSeed_AreAnsweredByName_OrTheConnectionEnds() => SendAsync(100_000, Random.Shared.Next(int.MaxValue - 100_000));

    /// <param name="first">The first seed.</param>
    private static async Task SendAsync(int count, int first = 0)
    {
        await using var server = await HttpServer.StartAsync(o => o.MaxBodyBytes = 64 << 10);
        var next = first - 1;
        var answered = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < first + count; i = Interlocked.Increment(ref next))
            {
                var random = new Random(i);
                var text = await SendAsync(server.Address, Mutation.Of(random, Good[random.Next(Good.Length)]));
                foreach (var line in text.Split("HTTP/1.1 ").Skip(1))
                {
                    Interlocked.Increment(ref answered);
                    // 505 is the server's own, for another version of HTTP.
                    Assert.True(line[0] is '1' or '2' or '4' || line.StartsWith("505", StringComparison.Ordinal), $"seed {Text(i)}: {line}{server.Logs.Errors.LastOrDefault()}");
                }
                Assert.False(text.Contains(HttpErrorCodes.InternalFailure, StringComparison.Ordinal), $"seed {Text(i)}: {text}");
            }
        }));

        // About half are read; the reset of a connection that had more bytes takes some answers along.
        Assert.InRange(answered, count / 5, int.MaxValue);
        await Waiting.UntilAsync(() => server.Gate.InFlight == 0 && server.Bodies.Bytes == 0);
        // Where a trailer is no text, the server says so itself.
        Assert.DoesNotContain(server.Logs.Errors, static e => !e.Contains("automatic draining of the request body", StringComparison.Ordinal));
    }

    private static string Text(int seed) => seed.ToString(CultureInfo.InvariantCulture);

    private static async Task<string> SendAsync(Uri server, byte[] request)
    {
        using var socket = await PlainSocket.ConnectAsync(server);
        var text = new StringBuilder();
        var buffer = new byte[16 << 10];
        try
        {
            await socket.SendAsync(request);
            socket.Shutdown(SocketShutdown.Send);
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken) is var read and > 0)
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // The server closes on what is no HTTP, and resets where bytes were still under way.
        }
        socket.Reset(); // so that no port waits
        return text.ToString();
    }
}
