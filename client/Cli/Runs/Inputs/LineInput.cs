using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Reads records and hands them on.</summary>
internal interface IRunInput : IAsyncDisposable
{
    /// <summary>Whether only an interrupt ends it.</summary>
    bool IsEndless { get; }

    /// <summary>Reads until the end, or until the run halts; every record was handed on then.</summary>
    Task ReadAsync();

    /// <summary>Is told that every record has its outcome.</summary>
    Task CompleteAsync();
}

/// <summary>Input <c>stdin</c>: a record a line. What was read from a pipe is nowhere else: after an interrupt its whole lines are put too.</summary>
internal sealed class LineInput(CliHost host, RunSink sink) : IRunInput
{
    private readonly LineReader _lines = new(host.Input, LineReader.LongestRecord);

    public bool IsEndless => false;

    public async Task ReadAsync()
    {
        do
        {
            while (sink.Broken is null && _lines.TryRead(out var line, out var tooLong))
                await sink.TakeLineAsync(line, tooLong, null, _lines.Lines).ConfigureAwait(false);
        }
        while (sink.Broken is null && !sink.Halt.IsCancellationRequested && await FillAsync().ConfigureAwait(false));
    }

    public Task CompleteAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<bool> FillAsync()
    {
        try
        {
            return await _lines.FillUntilAsync(sink.Halt).ConfigureAwait(false);
        }
        catch (IOException error)
        {
            sink.Break(CliException.InputBroken(error));
            return false;
        }
    }
}
