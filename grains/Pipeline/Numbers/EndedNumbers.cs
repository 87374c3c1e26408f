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

    /// <summary>Returns what to keep when a producer ends.</summary>
    /// <param name="former">What was kept of those that ended before.</param>
    public static LastNumbers Join(LastNumbers former, LastNumbers own, DateTimeOffset now)
    {
        string[] failed = [.. former.Failed, .. own.Failed];
        var left = Math.Max(0, failed.Length - MostFailed);
        return new LastNumbers
        {
            Lines = [.. own.Lines.Concat(former.Lines).Where(l => now - l.GivenAt < Longest).OrderByDescending(static l => l.GivenAt).Take(MostLines)],
            Failed = failed[left..],
            FailedBeyond = former.FailedBeyond + own.FailedBeyond + left,
        };
    }

    /// <summary>Reads the row of a stream.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused, or the row is something else.</exception>
    public static async Task<LastNumbers> ReadAsync(IRowStore store, string stream, CancellationToken cancellationToken)
    {
        try
        {
            return Read((await store.ReadAsync(Kind, stream, cancellationToken).ConfigureAwait(false))?.Text);
        }
        catch (JsonException e)
        {
            throw new StateStoreException(Unreadable(stream, e), e);
        }
    }

    /// <summary>Adds a producer that has ended to the rows of its streams, each by itself: one that cannot be written holds up no other.</summary>
    /// <param name="join">Returns what to keep of a stream, from what was kept of those that ended before.</param>
    /// <param name="notKept">Takes a stream, and what is not known of it any more.</param>
    public static async Task KeepAllAsync(
        IRowStore store, IEnumerable<string> streams, Func<string, LastNumbers, LastNumbers> join, Action<string, string> notKept,
        CancellationToken cancellationToken)
    {
        foreach (var stream in streams)
        {
            try
            {
                await KeepAsync(store, stream, former => join(stream, former), why => notKept(stream, why), cancellationToken)
                    .Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is StateStoreException or OperationCanceledException)
            {
                notKept(stream, e is StateStoreException ? e.Message : "no time was left to write them down");
            }
        }
    }

    /// <summary>Adds a producer that has ended to the row of its stream, and replaces a row that is something else.</summary>
    /// <param name="join">Returns what to keep, from what was kept of those that ended before.</param>
    /// <param name="replaced">Takes why a row is replaced.</param>
    /// <exception cref="StateStoreException">The store did not answer, or it refused; the row may have been written.</exception>
    public static async Task KeepAsync(
        IRowStore store, string stream, Func<LastNumbers, LastNumbers> join, Action<string> replaced, CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await store.ReadAsync(Kind, stream, cancellationToken).ConfigureAwait(false);
            var former = new LastNumbers();
            try
            {
                former = Read(row?.Text);
            }
            catch (JsonException e)
            {
                replaced(Unreadable(stream, e));
            }

            var text = JsonSerializer.Serialize(join(former), AdminJson.Default.LastNumbers);
            // Null where another silo that ends was faster.
            if (await store.WriteAsync(Kind, stream, row?.Version ?? 0, text, cancellationToken).ConfigureAwait(false) is not null)
                return;
        }
    }

    private static string Unreadable(string stream, JsonException e) =>
        $"what producers that have ended told of the numbers of {stream} cannot be read: {e.Message}";
}
