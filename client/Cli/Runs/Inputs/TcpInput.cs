using System.Net;
using System.Net.Sockets;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Run.Model;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>
/// Input <c>tcp</c>: a record a line, on any number of connections. Nothing is answered: while the output takes no more, nothing is read, and TCP
/// holds the sender back.
/// </summary>
internal sealed class TcpInput(CliHost host, StatusLine status, RunSink sink, TcpInputSettings settings) : IRunInput, IRecordOrigin
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TcpListener _listener = new(IPAddress.Parse(settings.Address), settings.Port);
    private readonly SemaphoreSlim _connections = new(settings.MaxConnections);

    public bool IsEndless => true;

    public async Task ReadAsync()
    {
        Listen();
        var serving = new List<Task>();
        while (!sink.Halt.IsCancellationRequested)
        {
            serving.RemoveAll(static task => task.IsCompleted);
            if (await AcceptAsync().ConfigureAwait(false) is { } client)
                serving.Add(ServeAsync(client));
        }

        _listener.Stop();
        await Task.WhenAll(serving).ConfigureAwait(false);
    }

    public Task CompleteAsync() => Task.CompletedTask;

    public void OnEnded(long number, in PutOutcome outcome, RecordEnd end)
    {
        // Nobody waits for it.
    }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Listen()
    {
        try
        {
            _listener.Start();
        }
        catch (SocketException exception)
        {
            throw CliException.NotThere($"input.tcp: {settings.Address}:{settings.Port}: {exception.Message}");
        }

        status.WriteLine($"kpl: tcp listens at {_listener.LocalEndpoint}");
    }

    private async Task<TcpClient?> AcceptAsync()
    {
        try
        {
            await _connections.WaitAsync(sink.Halt).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return null;
        }

        try
        {
            return await _listener.AcceptTcpClientAsync(sink.Halt).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            _connections.Release();
            if (exception is not SocketException)
                return null;
            // This process has too many files open, for example: others may close theirs.
            status.WriteLine($"kpl: tcp: no connection can be taken now: {exception.Message}", Tone.Warning);
            await Task.Delay(Pause, host.Time, sink.Halt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return null;
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        await Task.Yield();
        using (client)
        {
            var lines = new LineReader(client.GetStream(), RunSink.LongestRecord);
            try
            {
                do
                    await LinePump.TakeAllAsync(lines, sink, this).ConfigureAwait(false);
                while (!sink.Halt.IsCancellationRequested && await LinePump.FillAsync(lines, sink.Halt).ConfigureAwait(false));
            }
            catch (IOException exception)
            {
                // A connection that broke: the whole lines that came are put, and a part of one is not.
                status.WriteLine($"kpl: tcp: a connection broke after {Quantity.Of(lines.Lines, "line")}: {exception.Message}", Tone.Warning);
            }
        }

        _connections.Release();
    }
}
