using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Put;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Input <c>stdin</c>: a record a line. What was read from a pipe is nowhere else: after an interrupt its whole lines are put too.</summary>
internal sealed class LineInput(CliHost host, RunSink sink) : IRunInput, IRecordOrigin
{
    private readonly LineReader _lines = new(host.Input, RunSink.LongestRecord);
    private readonly Task _halted = Task.Delay(Timeout.InfiniteTimeSpan, sink.Halt);

    public bool IsEndless => false;

    public async Task ReadAsync()
    {
        do
            await LinePump.TakeAllAsync(_lines, sink, this).ConfigureAwait(false);
        while (sink.Broken is null && !sink.Halt.IsCancellationRequested && await FillAsync().ConfigureAwait(false));
    }

    public Task CompleteAsync() => Task.CompletedTask;

    public void OnEnded(long number, in PutOutcome outcome, RecordEnd end)
    {
        // Nobody waits for it.
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <remarks>A read of a terminal or a pipe may ignore its cancellation.</remarks>
    private async Task<bool> FillAsync()
    {
        var filling = LinePump.FillAsync(_lines, sink.Halt);
        await Task.WhenAny(filling, _halted).ConfigureAwait(false);
        return filling.IsCompleted && await filling.ConfigureAwait(false);
    }
}
