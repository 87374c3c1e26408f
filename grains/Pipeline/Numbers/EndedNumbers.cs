using System.Text.Json;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Pipeline.Numbers;

/// <summary>
/// How far producers gave numbers that have ended in good order: a text beside an embedded producer's backlog, or a row that silos share. It is bounded, and
/// keeps what was given last.
/// </summary>
internal static class EndedNumbers
{
    public const string Kind = "numbers";
    private const int MostLines = 1_000;
    private const int MostFailed = 1_000;

    /// <summary>Kinesis keeps no record for longer.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Reads a text; null stands for none.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static LastNumbers Read(string? text)
    {
        var read = text is null ? new LastNumbers() : AdminJson.Read(text, AdminJson.Default.LastNumbers);
        return read is { Lines: not null, Failed: not null } ? read : throw new JsonException("it has no lines, or no failed numbers");
    }

    /// <summary>Returns the text to keep when a producer ends.</summary>
    /// <param name="former">What was kept of those that ended before.</param>
    public static string Join(LastNumbers former, LastNumbers own, DateTimeOffset now)
    {
        string[] failed = [.. former.Failed, .. own.Failed];
        var left = Math.Max(0, failed.Length - MostFailed);
        return JsonSerializer.Serialize(
            new LastNumbers
            {
                Lines = [.. own.Lines.Concat(former.Lines).Where(l => now - l.GivenAt < Longest).OrderByDescending(static l => l.GivenAt).Take(MostLines)],
                Failed = failed[left..],
                FailedBeyond = former.FailedBeyond + own.FailedBeyond + left,
            },
            AdminJson.Default.LastNumbers);
    }

    /// <summary>Reads the row of a stream.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused.</exception>
    public static async Task<LastNumbers> ReadAsync(IStateStore store, string stream, CancellationToken cancellationToken) =>
        Read((await store.ReadAsync(Kind, stream, cancellationToken).ConfigureAwait(false))?.Text);

    /// <summary>Adds a producer that has ended to the row of its stream.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused; the row may have been written.</exception>
    public static async Task KeepAsync(IStateStore store, string stream, LastNumbers own, DateTimeOffset now, CancellationToken cancellationToken)
    {
        StateRow? written = null;
        while (written is null)
        {
            var row = await store.ReadAsync(Kind, stream, cancellationToken).ConfigureAwait(false);
            // Null where another silo that ends was faster.
            written = await store.WriteAsync(Kind, stream, row?.Version ?? 0, Join(Read(row?.Text), own, now), cancellationToken).ConfigureAwait(false);
        }
    }
}
