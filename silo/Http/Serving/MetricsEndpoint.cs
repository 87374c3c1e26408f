using System.IO.Compression;
using System.Net;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Guarding;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Serving;

/// <summary>
/// Answers with the page of metrics. A page may have megabytes, and where everybody may read it a request costs its sender nothing: one is made at a time, few
/// are on their way, and who does not read is cut off.
/// </summary>
/// <param name="proxies">Whose readers are not limited by address.</param>
internal sealed partial class MetricsEndpoint(IMetricsPage page, TrustedProxies proxies, ILogger<MetricsEndpoint> logger, TimeProvider time)
{
    /// <summary>So many answers are on their way at once.</summary>
    public const int Most = 16;

    /// <summary>So many of them to one address.</summary>
    public const int MostOfOne = 4;

    /// <summary>How long a reader has for its answer.</summary>
    public static readonly TimeSpan MostUnread = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _making = new(1);
    private readonly Shares<IPAddress> _unread = new(MostOfOne, Most);

    public async Task AnswerAsync(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress is { } remote && !proxies.Has(remote) ? TrustedProxies.KeyOf(remote) : null;
        if (!_unread.TryTake(address))
        {
            await ErrorAnswer.WriteAsync(context, new RequestRefusedException(
                StatusCodes.Status429TooManyRequests, HttpErrorCodes.TooManyRequests, "too many others are reading the metrics", TimeSpan.FromSeconds(1)));
            return;
        }

        try
        {
            await (await BeginAsync(context)).WaitAsync(MostUnread, time);
        }
        catch (TimeoutException)
        {
            LogUnread(logger, RequestText.AddressOf(context), MostUnread.TotalSeconds);
            context.Abort();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The reader is gone.
        }
        finally
        {
            _unread.Return(address);
        }
    }

    /// <summary>Makes the page, and returns the task of sending it.</summary>
    private async Task<Task> BeginAsync(HttpContext context)
    {
        using var turn = await _making.EnterAsync(context.RequestAborted);
        using var answer = new AnswerBuffer();
        var contentType = page.Write(answer, context.Request.Headers.Accept);
        context.Response.Headers.CacheControl = "no-store";
        // Before the first record the page is empty. GZipStream writes nothing for it, and an empty body is not valid gzip.
        ReadOnlyMemory<byte> body = answer.Length > 0 && GzipAnswer.IsTaken(context)
            ? GzipAnswer.Compress(answer.Written.Span, CompressionLevel.Fastest)
            : answer.Written;
        AnswerBuffer.Begin(context.Response, StatusCodes.Status200OK, contentType);
        context.Response.ContentLength = body.Length;
        return context.Response.BodyWriter.WriteAsync(body).AsTask();
    }

    [LoggerMessage(230, LogLevel.Warning, "A reader of the metrics at {Address} left the page unread for {Seconds} s and was cut off")]
    private static partial void LogUnread(ILogger logger, string address, double seconds);
}
