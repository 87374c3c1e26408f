using Orleans.Kpl.Cli.Put;

namespace Orleans.Kpl.Cli.Runs.Inputs;

/// <summary>Hands lines on, from what was read of them. A line of blanks only is no record.</summary>
internal static class LinePump
{
    /// <summary>Hands on all whole lines that were read.</summary>
    public static async ValueTask TakeAllAsync(LineReader lines, RunSink sink, IRecordOrigin origin)
    {
        while (sink.Broken is null && lines.TryRead(out var line, out var tooLong))
        {
            if (tooLong || !IsBlank(line.Span))
                await TakeAsync(line, tooLong, sink, origin, lines.Lines).ConfigureAwait(false);
        }
    }

    /// <summary>Hands on one line.</summary>
    public static ValueTask TakeAsync(ReadOnlyMemory<byte> line, bool tooLong, RunSink sink, IRecordOrigin origin, long number)
    {
        if (!tooLong)
            return sink.TakeAsync(line, origin, number);
        sink.Refuse([], origin, number, RecordErrorCodes.RecordTooLarge, $"the line is longer than {RunSink.LongestRecord:N0} bytes");
        return ValueTask.CompletedTask;
    }

    public static bool IsBlank(ReadOnlySpan<byte> line) => !line.ContainsAnyExcept(" \t\r"u8);

    /// <summary>Reads more; false at the end, or when <paramref name="halt"/> is cancelled.</summary>
    public static async Task<bool> FillAsync(LineReader lines, CancellationToken halt)
    {
        try
        {
            return await lines.FillAsync(halt).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
