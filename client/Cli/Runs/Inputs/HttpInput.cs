using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>
/// Input <c>http_server</c>: takes JSON, and answers when its records are delivered. .NET's own listener serves, so that the command needs nothing but
/// the plain runtime.
/// </summary>
internal sealed class HttpInput(CliHost host, StatusLine status, RunSink sink, HttpInputSettings settings) : IRunInput
{
    /// <summary>How often another port is tried where one that was free is taken meanwhile.</summary>
    private const int MostPorts = 100;

    private readonly HttpRequests _requests = new(host.Time, sink, settings);
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpListener _listener = new();
    private int _open = 1;

    public bool IsEndless => true;

    public async Task ReadAsync()
    {
        Listen();
        _ = AcceptAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, host.Time, sink.Halt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _requests.EndAsync().ConfigureAwait(false);
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
        // Close would bind the port of a stopped one once more, to let go of it, and throw where another has it by now.
        _listener.Abort();
        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        var address = IPAddress.Parse(settings.Address);
        var name = address.Equals(IPAddress.Any) ? "*" : $"{address}";
        for (var tries = 1; ; tries++)
        {
            var port = settings.Port != 0 ? settings.Port : FindPort(address);
            try
            {
                _listener.Prefixes.Add($"http://{name}:{port}/");
                _listener.Start();
                status.WriteLine($"kpl: http_server listens at http://{address}:{port}{settings.Path}");
                return;
            }
            catch (Exception exception) when (exception is HttpListenerException or SocketException)
            {
                if (settings.Port != 0 || tries == MostPorts)
                    throw CliException.NotThere($"input.http_server: {settings.Address}:{port}: {exception.Message}; 'port' names another, and 0 takes a free one");
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
            await _requests.ServeAsync(context).ConfigureAwait(false);
            context.Response.Close();
        }
        catch (Exception exception) when (exception is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            Abort(context.Response, 400); // Whoever asked hung up. Records that were taken are delivered all the same.
        }
        catch (Exception exception)
        {
            status.WriteLine($"kpl: http_server: a request could not be answered: {exception.GetType().Name}: {exception.Message}", Tone.Bad);
            Abort(context.Response, 500);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Ends a connection. .NET's listener answers before that where nothing was answered, and with 200 unless it is told otherwise.</summary>
    private static void Abort(HttpListenerResponse response, int status)
    {
        try
        {
            response.StatusCode = status;
        }
        catch (ObjectDisposedException)
        {
            // It was answered.
        }

        response.Abort();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _idle.TrySetResult();
    }
}
