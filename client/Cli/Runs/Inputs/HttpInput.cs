using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Model;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>
/// Input <c>http_server</c>: takes JSON, and answers when its records are delivered. .NET's own listener serves, so that the command needs nothing but
/// the plain runtime.
/// </summary>
internal sealed class HttpInput(CliHost host, StatusLine status, RunSink sink, HttpInputSettings settings) : IRunInput
{
    /// <summary>The most bodies in memory at once.</summary>
    private const int MostBodies = 16;

    /// <summary>How often another port is tried where one that was free is taken meanwhile.</summary>
    private const int MostPorts = 100;

    /// <summary>How long a body may take.</summary>
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _bodies = new(MostBodies);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpListener _listener = new();
    private int _open = 1;

    public bool IsEndless => true;

    public async Task ReadAsync()
    {
        Listen();
        _ = AcceptAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, host.Time, sink.Halt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // What was read whole is taken and answered. What comes from now on is sent away, so that its sender tries another place.
        for (var i = 0; i < MostBodies; i++)
            await _bodies.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _bodies.Release(MostBodies);
    }

    public async Task CompleteAsync()
    {
        Leave();
        await _idle.Task.ConfigureAwait(false);
        if (_listener.IsListening)
            _listener.Stop();
    }

    public ValueTask DisposeAsync()
    {
        _listener.Close();
        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        var address = IPAddress.Parse(settings.Address);
        var name = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? "*" : address.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";
        for (var tries = 1; ; tries++)
        {
            var port = settings.Port != 0 ? settings.Port : FindPort(address);
            try
            {
                _listener.Prefixes.Add($"http://{name}:{port}/");
                _listener.Start();
                status.WriteLine($"kpl: http_server listens at http://{(name == "*" ? settings.Address : name)}:{port}{settings.Path}");
                return;
            }
            catch (Exception exception) when (exception is HttpListenerException or SocketException)
            {
                if (settings.Port != 0 || tries == MostPorts)
                    throw CliException.NotThere($"input.http_server: {settings.Address}:{port}: {exception.Message}");
                _listener = new HttpListener();
            }
        }
    }

    /// <summary>Finds a port that is free at this instant.</summary>
    private static int FindPort(IPAddress address)
    {
        using var probe = new TcpListener(address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync().ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                return; // It was stopped.
            }

            Interlocked.Increment(ref _open);
            _ = AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        await Task.Yield();
        try
        {
            await ServeAsync(context).ConfigureAwait(false);
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            context.Response.Abort(); // Whoever asked hung up. Records that were taken are delivered all the same.
        }
        catch (Exception exception)
        {
            status.WriteLine($"kpl: http_server: a request could not be answered: {exception.GetType().Name}: {exception.Message}", Tone.Bad);
            context.Response.Abort();
        }
        finally
        {
            Leave();
        }
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _idle.TrySetResult();
    }

    private async Task ServeAsync(HttpListenerContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Url?.AbsolutePath;
        if (PageCheck.IsForeign(request))
            await RefuseAsync(response, 403, "pages of other sites may post nothing here").ConfigureAwait(false);
        else if (path == "/health")
            await WriteAsync(response, 200, static json => json.WriteString("status"u8, "healthy"u8)).ConfigureAwait(false);
        else if (path != settings.Path)
            await RefuseAsync(response, 404, $"records are posted to {settings.Path}").ConfigureAwait(false);
        else if (request.HttpMethod != "POST")
            await RefuseAsync(response, 405, "records are posted").ConfigureAwait(false);
        else if (!IsAllowed(request.Headers["Authorization"]))
            await RefuseAsync(response, 401, "Unauthorized").ConfigureAwait(false);
        else if (request.Headers["Content-Encoding"] is { Length: > 0 } encoding && encoding != "identity")
            await RefuseAsync(response, 415, $"content-encoding {encoding} is not taken").ConfigureAwait(false);
        else
            await TakeAsync(request, response).ConfigureAwait(false);
    }

    private bool IsAllowed(string? authorization) =>
        settings.Authorization is not { } expected || CryptographicOperations.FixedTimeEquals(HashOf(authorization ?? ""), HashOf(expected));

    private static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private async Task TakeAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        HttpDelivery delivery;
        int count;
        await _bodies.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (sink.Halt.IsCancellationRequested || await ReadBodyAsync(request).ConfigureAwait(false) is not { } body)
            {
                if (sink.Halt.IsCancellationRequested)
                {
                    response.Headers["Retry-After"] = "1";
                    await RefuseAsync(response, 503, "the run ends; nothing was taken").ConfigureAwait(false);
                    return;
                }

                await RefuseAsync(response, 413, $"a body has {settings.MaxBodySize} bytes at most").ConfigureAwait(false);
                return;
            }

            IReadOnlyList<ReadOnlyMemory<byte>> records;
            try
            {
                var areLines = request.ContentType?.Contains("ndjson", StringComparison.OrdinalIgnoreCase) is true;
                records = areLines ? JsonBody.SplitLines(body) : JsonBody.Split(body);
            }
            catch (JsonException exception)
            {
                await RefuseAsync(response, 400, JsonFault.Describe(exception)).ConfigureAwait(false);
                return;
            }

            count = records.Count;
            delivery = new HttpDelivery(count);
            for (var i = 0; i < count; i++)
                await sink.TakeAsync(records[i], delivery, i).ConfigureAwait(false);
        }
        finally
        {
            _bodies.Release();
        }

        if (settings.Acknowledgment)
            await delivery.Ended.ConfigureAwait(false);
        await AnswerAsync(response, delivery, count).ConfigureAwait(false);
    }

    private Task AnswerAsync(HttpListenerResponse response, HttpDelivery delivery, int count)
    {
        // Nothing of a whole failure is repeated in vain: 400 says that the records are wrong, 502 that they may be sent again.
        var status = !settings.Acknowledgment || delivery.Processed == count ? 200 : delivery.MayBeRepeated ? 502 : 400;
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

    /// <summary>Reads a body; null if it is too large, or the run halts meanwhile.</summary>
    /// <exception cref="IOException">It does not come.</exception>
    private async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpListenerRequest request)
    {
        if (request.ContentLength64 > settings.MaxBodySize)
            return null;
        // It grows with what comes: an announced length alone gets no memory.
        var body = new MemoryStream();
        var part = new byte[64 << 10];
        using var late = new CancellationTokenSource(BodyTimeout, host.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, sink.Halt);
        while (await ReadPartAsync(request.InputStream, part, end.Token).ConfigureAwait(false) is not 0 and var read)
        {
            if (read < 0 || body.Length + read > settings.MaxBodySize)
                return null;
            body.Write(part, 0, read);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    /// <summary>Reads on; 0 at the end, less when the run halts. Whoever sends too slowly holds others up.</summary>
    /// <exception cref="IOException">The body took too long.</exception>
    private async Task<int> ReadPartAsync(Stream body, byte[] part, CancellationToken end)
    {
        try
        {
            return await body.ReadAsync(part, CancellationToken.None).AsTask().WaitAsync(end).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (sink.Halt.IsCancellationRequested)
        {
            return -1;
        }
        catch (OperationCanceledException exception)
        {
            throw new IOException("the body does not come", exception);
        }
    }

    private static Task RefuseAsync(HttpListenerResponse response, int status, string message) =>
        WriteAsync(response, status, json => json.WriteString("error"u8, message));

    private static async Task WriteAsync(HttpListenerResponse response, int status, Action<Utf8JsonWriter> write)
    {
        var text = new MemoryStream();
        await using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength64 = text.Length;
        await response.OutputStream.WriteAsync(text.GetBuffer().AsMemory(0, (int)text.Length)).ConfigureAwait(false);
    }
}
