using Orleans.Kpl.Aws.Transport;

namespace Orleans.Kpl.Metrics.Uploading;

/// <summary>One call of a sink over HTTP.</summary>
internal record SinkCall(byte[] Body, IReadOnlyList<MetricSeries> Metrics)
{
    private const int LongestError = 64 << 10;

    /// <summary>Makes calls one after another; returns what may be brought again.</summary>
    /// <param name="refused">Is told of series that are refused for good.</param>
    /// <param name="ended">Is told of each call whose series are gone, taken or refused: a service that is away ends none.</param>
    /// <exception cref="SinkException">None succeeded: the log tells why.</exception>
    public static async Task<IReadOnlyList<MetricSeries>> MakeAsync<TCall>(
        IEnumerable<TCall> calls, Func<TCall, Task> put, Action<int, string> refused, Action ended)
        where TCall : SinkCall
    {
        List<MetricSeries> left = [];
        SinkException? failure = null;
        var isAnyGone = false;
        foreach (var call in calls)
        {
            try
            {
                await put(call).ConfigureAwait(false);
                isAnyGone = true;
                ended();
            }
            catch (SinkException error) when (error.IsForGood)
            {
                refused(call.Metrics.Count, error.Message);
                isAnyGone = true;
                ended();
            }
            catch (SinkException error)
            {
                failure = error;
                left.AddRange(call.Metrics);
            }
        }

        return failure is not null && !isAnyGone ? throw failure : left;
    }

    /// <summary>Limits the time of an attempt, and tells of connections that fail.</summary>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="redact">Takes a key out of what is told.</param>
    /// <exception cref="SinkException">It did not succeed.</exception>
    public static async Task TryAsync(
        string host, TimeSpan timeout, TimeProvider time, Func<CancellationToken, Task> attempt, Func<string, string> redact,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await attempt(either.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new SinkException("ConnectionFailed", redact(CallFailure.Describe(error)), inner: error);
        }
        catch (OperationCanceledException error)
        {
            throw new SinkException("RequestTimeout", $"no answer from {host} in time", inner: error);
        }
    }

    /// <summary>Reads the body of a refusal, as far as anybody looks at it.</summary>
    public static async Task<ReadOnlyMemory<byte>> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestError];
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await stream.ReadAtLeastAsync(buffer, LongestError, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return buffer.AsMemory(0, length);
    }
}

/// <summary>A call of a sink that did not succeed.</summary>
/// <param name="code">The code of whoever was called, or the kind of failure.</param>
/// <param name="message">What is wrong, without any key.</param>
/// <param name="isForGood">Whether the same values would be refused again.</param>
internal sealed class SinkException(string code, string message, bool isForGood = false, Exception? inner = null) : Exception($"{code}: {message}", inner)
{
    /// <summary>Whether the same values would be refused again.</summary>
    public bool IsForGood => isForGood;

    /// <summary>The code of whoever was called, or the kind of failure.</summary>
    public string Code => code;
}
