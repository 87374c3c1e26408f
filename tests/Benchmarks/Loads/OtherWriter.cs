using System.Diagnostics;
using System.Net;
using System.Text;
using Orleans.Kpl.Benchmarks.Endpoint;

namespace Orleans.Kpl.Benchmarks.Loads;

/// <summary>Somebody else who writes to the first shard of a stream, at a steady pace and whatever the answer is. Its records have the number 0.</summary>
internal sealed class OtherWriter : IAsyncDisposable
{
    /// <summary>What it puts, as a share of what a shard takes.</summary>
    public const double Share = 0.9;

    private const int PerSecond = 20;

    private readonly HttpClient _http = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private long _records;
    private long _bytes;
    private long _throttled;

    public OtherWriter(EndpointProcess endpoint, string stream) => _running = PutAsync(new Uri(endpoint.Url), stream);

    /// <summary>What the shard took of it, and refused.</summary>
    public (long Records, long Bytes, long Throttled) Counts =>
        (Interlocked.Read(ref _records), Interlocked.Read(ref _bytes), Interlocked.Read(ref _throttled));

    /// <summary>Ends the writing.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task PutAsync(Uri endpoint, string stream)
    {
        var size = (int)(Share * EndpointProcess.ShardBytesPerSecond / PerSecond);
        var body = $$"""{"StreamName":"{{stream}}","PartitionKey":"x","ExplicitHashKey":"0","Data":"{{Convert.ToBase64String(new byte[size - 1])}}"}""";
        var start = Stopwatch.GetTimestamp();
        for (var number = 1; !_stop.IsCancellationRequested; number++)
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/x-amz-json-1.1");
            content.Headers.Add("X-Amz-Target", "Kinesis_20131202.PutRecord");
            using var answer = await _http.PostAsync(endpoint, content);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                Interlocked.Increment(ref _records);
                Interlocked.Add(ref _bytes, size);
            }
            else
            {
                Interlocked.Increment(ref _throttled);
            }

            var wait = TimeSpan.FromSeconds(number / (double)PerSecond) - Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
        }
    }
}
