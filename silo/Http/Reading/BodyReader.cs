using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading.Inflating;

namespace Orleans.Kpl.Http.Reading;

/// <summary>Reads bodies within the limits of size, time and common memory.</summary>
internal sealed class BodyReader(BodyMemory memory, IOptions<KplHttpOptions> options, TimeProvider time)
{
    /// <summary>How much of a refused body is read and dropped at once.</summary>
    internal const long MostDiscarded = 256 << 20;

    /// <summary>How long a refused body is read and dropped, as Kestrel does over HTTP/1.1.</summary>
    private static readonly TimeSpan LongestDiscard = TimeSpan.FromSeconds(5);

    /// <summary>For how long nothing comes where a client waits for its answer.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Has the server itself take a body of any length.</summary>
    public static void LiftServerLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }

    /// <summary>
    /// Over HTTP/2, reads and drops what comes of a refused body: before the answer, and again after it, which is ended then. Over HTTP/1.1 the server does so
    /// itself. Node has more than 10 MB to send at once, and fails or waits for ever where the answer comes first; curl takes none whose stream ends with it.
    /// </summary>
    public static async Task DiscardAsync(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            return;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        limit.CancelAfter(LongestDiscard);
        if (context.Features.Get<IRequestBodyPipeFeature>() is CountedBody counted)
            counted.Free();
        try
        {
            LiftServerLimit(context);
            // For one body that is too slow, the server would end the connection, with all its other requests.
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } pace)
                pace.MinDataRate = null;
            if (context.Response.HasStarted)
                await context.Response.CompleteAsync();
            for (var left = MostDiscarded; left > 0;)
            {
                pause.CancelAfter(LongestPause);
                var read = await context.Request.BodyReader.ReadAsync(pause.Token);
                left -= read.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client is gone, or sends no more, or too slowly.
        }
    }

    /// <summary>Reads a body to its end.</summary>
    /// <param name="limit">The longest body in bytes; null for <see cref="KplHttpOptions.MaxBodyBytes"/>.</param>
    /// <param name="stranger">Whom the request names, where only its body can prove that it is theirs; else null.</param>
    /// <exception cref="RequestRefusedException">
    /// The body is too long, too slow, damaged, or compressed in a way that is not taken; or there is no memory for it now.
    /// </exception>
    public async ValueTask<ReceivedBody> ReadAsync(HttpRequest request, long? limit = null, string? stranger = null)
    {
        var encoding = ContentEncoding.Read(request);

        // The limit is enforced here and not in the server, which would close the connection before the client has read the answer.
        LiftServerLimit(request.HttpContext);
        var longest = limit ?? options.Value.MaxBodyBytes;
        if (request.ContentLength > longest)
            throw ReceivedBody.TooLarge(longest);

        using var slow = new BodyDeadline(options.Value.BodyTimeout, time);
        var body = new ReceivedBody(memory, longest, options.Value.RetryAfter, stranger is null ? null : new StrangerBody(stranger, slow.End));
        try
        {
            if (encoding == BodyEncoding.None)
                await body.FillAsync(request.BodyReader, request.ContentLength, slow);
            else
                await InflateAsync(request, encoding, body, longest, slow);
            return body;
        }
        catch (OperationCanceledException) when (slow.IsOver || slow.IsEnded)
        {
            body.Dispose();
            GiveBack(request);
            // The rest of the body is not waited for: the server would read it before the next request. HTTP/2 has no such header and needs none.
            if (!HttpProtocol.IsHttp2(request.Protocol))
                request.HttpContext.Response.Headers.Connection = "close";
            if (slow.IsEnded)
                throw ReceivedBody.NoMemory(options.Value.RetryAfter);
            throw new RequestRefusedException(StatusCodes.Status408RequestTimeout, HttpErrorCodes.SlowBody, string.Create(
                CultureInfo.InvariantCulture, $"the body did not come within {options.Value.BodyTimeout.TotalSeconds:0.###} s (Kpl:Http:BodyTimeout)"));
        }
        catch (Exception error)
        {
            body.Dispose();
            if (error is not RequestRefusedException)
                GiveBack(request);
            throw;
        }
    }

    /// <summary>A body that did not come takes nothing of a quota: its client went away, or was too slow.</summary>
    private static void GiveBack(HttpRequest request) => request.HttpContext.Features.Get<QuotaCharge>()?.Refund(isRefused: false);

    private static async ValueTask InflateAsync(HttpRequest request, BodyEncoding encoding, ReceivedBody body, long longest, BodyDeadline slow)
    {
        using var inflation = BodyInflation.Open(encoding, request.BodyReader, longest);
        var charge = request.HttpContext.Features.Get<QuotaCharge>();
        var charged = 0L;
        await body.FillAsync(inflation, Charge, slow);

        // An identity is charged for what its body is in memory, and not only for what came over the wire.
        void Charge()
        {
            var more = inflation.Added - charged;
            if (more <= 0 || charge is null)
                return;
            if (charge.Grow(more) is { } refusal)
                throw refusal.ToAnswer(request.HttpContext);
            charged += more;
        }
    }
}

/// <summary>How long one body may take. It has a timer only where a body has not come at once.</summary>
internal sealed class BodyDeadline(TimeSpan limit, TimeProvider time) : IDisposable
{
    private CancellationTokenSource? _source;
    private volatile bool _isEnded;
    private bool _isDisposed;

    /// <summary>Whether the time is up.</summary>
    public bool IsOver => !_isEnded && _source is { IsCancellationRequested: true };

    /// <summary>Whether <see cref="End"/> was called.</summary>
    public bool IsEnded => _isEnded;

    /// <summary>Is cancelled when the time is up, which is counted from the first call, and when it was ended.</summary>
    public CancellationToken Token
    {
        get
        {
            lock (this)
            {
                _source ??= new CancellationTokenSource(limit, time);
                if (_isEnded)
                    _source.Cancel();
                return _source.Token;
            }
        }
    }

    /// <summary>Ends the reading before the time is up. Safe on any thread, also afterwards.</summary>
    public void End()
    {
        lock (this)
        {
            _isEnded = true;
            if (!_isDisposed)
                _source?.Cancel();
        }
    }

    public void Dispose()
    {
        lock (this)
        {
            _isDisposed = true;
            _source?.Dispose();
        }
    }
}
