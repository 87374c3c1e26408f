using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Serves the requests to input <c>http_server</c>: hands their records on, and says what became of them.</summary>
internal sealed class HttpRequests(TimeProvider time, RunSink sink, HttpInputSettings settings)
{
    /// <summary>The most bodies in memory at once.</summary>
    private const int MostBodies = 16;

    /// <summary>How much of a refused body is read and dropped.</summary>
    private const long MostDropped = 256 << 20;

    /// <summary>How long that may take.</summary>
    private static readonly TimeSpan LongestDrop = TimeSpan.FromSeconds(5);

    /// <summary>How long a body may take.</summary>
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(30);

    /// <summary>The path as a request has it: escaped.</summary>
    private readonly string _path = new Uri("http://host" + settings.Path).AbsolutePath;

    private readonly SemaphoreSlim _bodies = new(MostBodies);

    /// <summary>Completes when no further record is handed on. What comes from now on is sent away, so that its sender tries another place.</summary>
    public async Task EndAsync()
    {
        for (var i = 0; i < MostBodies; i++)
            await _bodies.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _bodies.Release(MostBodies);
    }

    /// <summary>Answers a request.</summary>
    /// <exception cref="IOException">The body does not come.</exception>
    public async Task ServeAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Url?.AbsolutePath;
        // .NET's listener sends a body even in answer to HEAD. On a kept connection, the client would read it as the next answer.
        response.KeepAlive = request.HttpMethod != "HEAD";
        if (IsForeign(request))
            await RefuseAsync(response, 403, "pages of other sites may post nothing here").ConfigureAwait(false);
        else if (path == "/health" && request.HttpMethod != "POST")
            await WriteAsync(response, 200, static json => json.WriteString("status"u8, "healthy"u8)).ConfigureAwait(false);
        else if (path != _path)
            await RefuseAsync(response, 404, $"records are posted to {settings.Path}").ConfigureAwait(false);
        else if (request.HttpMethod != "POST")
            await RefuseAsync(response, 405, "records are posted").ConfigureAwait(false);
        else if (!IsAllowed(request.Headers["Authorization"]))
            await RefuseAsync(response, 401, "Unauthorized").ConfigureAwait(false);
        else if (request.Headers["Content-Encoding"] is { Length: > 0 } encoding && encoding != "identity")
            await RefuseAsync(response, 415, $"content-encoding {encoding} is not taken").ConfigureAwait(false);
        else
            await TakeAsync(request, response).ConfigureAwait(false);
        // Of the last two, a part of the body is being read that does not come.
        if (response.StatusCode is not (200 or 408 or 503))
            await DropRestAsync(request).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads and drops what a client still sends of a body that is not taken: .NET's listener closes the connection with some answers, and whoever sends on
    /// such a one loses the answer.
    /// </summary>
    private async Task DropRestAsync(HttpListenerRequest request)
    {
        var part = new byte[64 << 10];
        using var late = new CancellationTokenSource(LongestDrop, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, sink.Halt);
        try
        {
            for (var left = MostDropped; left > 0;)
            {
                var read = await request.InputStream.ReadAsync(part, CancellationToken.None).AsTask().WaitAsync(end.Token).ConfigureAwait(false);
                if (read == 0)
                    return;
                left -= read;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpListenerException or IOException or ObjectDisposedException)
        {
            // It comes too slowly, or not at all, or the run ends. It was answered.
        }
    }

    private bool IsAllowed(string? authorization)
    {
        if (settings.Authorization is not { } expected)
            return true;
        // The scheme may be in any case (RFC 9110, 11.1).
        var scheme = expected[..(expected.IndexOf(' ', StringComparison.Ordinal) + 1)];
        var given = authorization?.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) is true ? scheme + authorization[scheme.Length..] : "";
        return CryptographicOperations.FixedTimeEquals(HashOf(given), HashOf(expected));
    }

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Whether a page of another site sent a request through a browser: any page may post to a port of this machine, without being asked for it first.
    /// One that is led here under a name of its own (DNS rebinding) gets no further than the listener, which serves its own address alone.
    /// </summary>
    private static bool IsForeign(HttpListenerRequest request) =>
        request.Headers["Sec-Fetch-Site"] == "cross-site"
        || request.Headers["Origin"] is { } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.Authority.Equals(request.UserHostName, StringComparison.OrdinalIgnoreCase));

    private async Task TakeAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        HttpDelivery delivery;
        int count;
        using (await _bodies.EnterAsync().ConfigureAwait(false))
        {
            if (await ReadAsync(request, response).ConfigureAwait(false) is not { } records)
                return;
            count = records.Count;
            delivery = new HttpDelivery(count);
            for (var i = 0; i < count; i++)
                await sink.TakeAsync(records[i], delivery, i).ConfigureAwait(false);
        }

        if (settings.Acknowledgment)
            await delivery.Ended.ConfigureAwait(false);
        await AnswerAsync(response, delivery, count).ConfigureAwait(false);
    }

    /// <summary>Reads the records of a body; null where they are not taken, which is answered then.</summary>
    private async Task<IReadOnlyList<ReadOnlyMemory<byte>>?> ReadAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        try
        {
            sink.Halt.ThrowIfCancellationRequested();
            if (await ReadBodyAsync(request).ConfigureAwait(false) is { } read)
            {
                var body = ByteOrderMark.Skip(read);
                if (request.ContentType?.Contains("ndjson", StringComparison.OrdinalIgnoreCase) is not true)
                    return JsonBody.Split(body);
                // .NET's listener takes the end of the connection for the end of a chunked body, whose last line may be cut off.
                return request.ContentLength64 >= 0 || JsonBody.HasWholeEnd(body.Span)
                    ? JsonBody.SplitLines(body)
                    : throw new JsonException("the last line has no end, and may have been cut off");
            }

            await RefuseAsync(response, 413, $"a body has {settings.MaxBodySize} bytes at most").ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            response.Headers["Retry-After"] = "1";
            await RefuseAsync(response, 503, "the run ends; nothing was taken").ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await RefuseAsync(response, 408, $"the body did not come within {BodyTimeout.TotalSeconds:0} s; nothing was taken").ConfigureAwait(false);
        }
        catch (JsonException exception)
        {
            // JSON that is no record is told without a position.
            await RefuseAsync(response, 400, exception.LineNumber is null ? exception.Message : JsonFault.Describe(exception)).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Reads a body; null if it is too large.</summary>
    /// <exception cref="TimeoutException">It takes too long: whoever sends too slowly holds others up.</exception>
    /// <exception cref="OperationCanceledException">The run halts meanwhile.</exception>
    private async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpListenerRequest request)
    {
        if (request.ContentLength64 > settings.MaxBodySize)
            return null;
        // The buffer grows with what comes: an announced length alone gets no memory.
        var body = new MemoryStream();
        var part = new byte[64 << 10];
        using var late = new CancellationTokenSource(BodyTimeout, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, sink.Halt);
        try
        {
            while (await request.InputStream.ReadAsync(part, CancellationToken.None).AsTask().WaitAsync(end.Token).ConfigureAwait(false) is > 0 and var read)
            {
                if (body.Length + read > settings.MaxBodySize)
                    return null;
                body.Write(part, 0, read);
            }
        }
        catch (OperationCanceledException exception) when (!sink.Halt.IsCancellationRequested)
        {
            throw new TimeoutException("the body does not come", exception);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private Task AnswerAsync(HttpListenerResponse response, HttpDelivery delivery, int count)
    {
        // Nothing of a whole failure is repeated in vain: 400 says that the records are wrong, 404 as a tier that their stream is not there, 502 that
        // they may be sent again.
        var status = !settings.Acknowledgment || delivery.Processed == count ? 200 : delivery.MayBeRepeated ? 502 : delivery.LacksStream ? 404 : 400;
        return WriteAsync(response, status, json =>
        {
            json.WriteNumber("accepted"u8, count);
            if (!settings.Acknowledgment)
                return;
            json.WriteNumber("processed"u8, delivery.Processed);
            if (delivery.Errors.Count == 0)
                return;
            json.WriteStartArray("errors"u8);
            foreach (var error in delivery.Errors)
                json.WriteStringValue(error);
            json.WriteEndArray();
        });
    }

    private static Task RefuseAsync(HttpListenerResponse response, int status, string message) =>
        WriteAsync(response, status, json => json.WriteString("error"u8, message));

    private static async Task WriteAsync(HttpListenerResponse response, int status, Action<Utf8JsonWriter> write)
    {
        var text = OutputLines.ObjectOf(write);
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength64 = text.WrittenCount;
        await response.OutputStream.WriteAsync(text.WrittenMemory).ConfigureAwait(false);
    }
}
