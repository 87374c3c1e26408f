using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Benchmarks.Processes;

namespace Orleans.Kpl.Benchmarks.Web;

/// <summary>Damaged requests to a tier.</summary>
/// <param name="Url">The tier.</param>
/// <param name="Kind">What is damaged.</param>
/// <param name="Requests">How many, each on a socket of its own.</param>
/// <param name="PerSecond">The pace.</param>
/// <param name="Token">A good token.</param>
internal sealed record RubbishSpec(string Url, string Kind, int Requests, int PerSecond, string Token);

/// <summary>How damaged requests were answered.</summary>
/// <param name="Answered">How many were.</param>
/// <param name="Failures">How many with status 500.</param>
/// <param name="Seconds">By the clock.</param>
internal sealed record RubbishResult(int Answered, int Failures, double Seconds);

/// <summary>Sends damaged requests at a pace, and counts the answers.</summary>
internal static class RubbishLoad
{
    public const string Verb = "rubbish-load";

    private const int AtOnce = 32;

    public static Task RunAsync() => ChildProcess.ServeAsync(static async command => await SendAsync(JsonSerializer.Deserialize<RubbishSpec>(command)!));

    private static async Task<RubbishResult> SendAsync(RubbishSpec spec)
    {
        var requests = new RubbishRequests(spec.Kind, spec.Token);
        var port = new Uri(spec.Url).Port;
        var (next, answered, failures, clock) = (-1, 0, 0, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            for (var i = Interlocked.Increment(ref next); i < spec.Requests; i = Interlocked.Increment(ref next))
            {
                var wait = TimeSpan.FromSeconds((double)i / spec.PerSecond) - Stopwatch.GetElapsedTime(clock);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait);
                var answer = await AskAsync(port, requests.Of(i), requests.IsHeadDamaged);
                if (answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal))
                    Interlocked.Increment(ref answered);
                if (answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal))
                    Interlocked.Increment(ref failures);
            }
        }));
        return new RubbishResult(answered, failures, Stopwatch.GetElapsedTime(clock).TotalSeconds);
    }

    private static async Task<string> AskAsync(int port, byte[] request, bool ends)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var (answer, buffer) = (new StringBuilder(), new byte[4 << 10]);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(request);
            // The tier takes the end for a client that hangs up, whose records it does not take.
            if (ends)
                socket.Shutdown(SocketShutdown.Send);
            while (await socket.ReceiveAsync(buffer) is var count and > 0)
                answer.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (SocketException)
        {
            // The tier cut the connection: what was read until then is the answer.
        }

        return answer.ToString();
    }
}
