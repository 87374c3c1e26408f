using Microsoft.Extensions.Logging;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Numbers;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>Sums up what all silos count of one stream: its ledger, and its backlog.</summary>
internal sealed partial class StreamSums(string stream, ISiloLinks links, LiveSilos silos, DeadLetterStore letters, ILogger logger)
{
    /// <summary>Returns the ledgers of all silos, and which silos they are.</summary>
    /// <exception cref="BacklogStoreException">The store of the dead letters did not answer; so for the backlog.</exception>
    /// <remarks>
    /// The silos count the records that they handed over as dead letters. The number of dead letters comes from their list, which outlives
    /// the silos. So if the list has more than the silos count, silos that are gone accepted the difference.
    /// </remarks>
    public async Task<StreamBooks> LedgerAsync()
    {
        var (books, silent) = await AskAllAsync();
        var sum = books.Aggregate(default(StreamLedger), static (s, b) => s + b.Books.Ledger);
        var covered = books.Select(static b => b.Silo).ToHashSet();
        var count = await letters.CountAsync();
        return new StreamBooks
        {
            Ledger = sum with
            {
                Accepted = sum.Accepted - sum.DeadLettered + count + letters.Dropped + letters.Lost,
                Failed = sum.Failed + letters.Dropped,
                Unknown = sum.Unknown + letters.Lost,
                DeadLettered = count,
            },
            Covered = [.. books.Select(
                static b => new LedgerContributor { Process = b.Silo.ToString(), StartedAt = b.Books.StartedAt, Ledger = b.Books.Ledger })],
            NotCovered = silos.NotIn(covered, silent),
        };
    }

    /// <summary>Returns the sum of the backlogs of all silos.</summary>
    /// <exception cref="StreamManagerException">A silo did not answer: what waits there is not known.</exception>
    public async Task<BacklogStatus> BacklogAsync()
    {
        var (books, silent) = await AskAllAsync();
        if (silent.Count > 0)
        {
            throw new StreamManagerException(
                StreamManagerErrorCodes.StateUnavailable, $"what waits in the backlog of {string.Join(", ", silent)} is not known: it does not answer");
        }

        var sum = SiloLedger.Sum(books.Select(static b => b.Books));
        return sum with
        {
            DeadLetters = await letters.CountAsync(),
            DamagedSegments = sum.DamagedSegments + await letters.DamagedAsync(),
        };
    }

    /// <summary>Tells how far all silos have given numbers, and those that ended in good order.</summary>
    /// <remarks>
    /// A record goes with its number to the silo that takes a log over, or puts a dead letter again. So a line may wait while its silo holds records, and any
    /// line while a silo holds such ones, or does not tell. A silo that leaves tells its lines itself until the store has them, and for a moment both do.
    /// </remarks>
    public async Task<LastNumbers> NumbersAsync(IRowStore store)
    {
        List<SiloId> asked = [.. silos.Active];
        // Before they are asked: what a silo has left is counted by another one before it says how far it went.
        var ended = await EndedNumbers.ReadAsync(store, stream, CancellationToken.None);
        var told = await Task.WhenAll(asked.Select(s => AnswerOfAsync(s, NumbersOfAsync)));
        var isAnywhere = told.Any(static t => t is not { HoldsOthers: false });
        var lines = told.OfType<SiloNumbers>().SelectMany(t => t.Lines.Select(l => l with { IsInBacklog = isAnywhere || t.Holds }));
        return new LastNumbers
        {
            Lines = [.. lines.Concat(ended.Lines.Select(l => l with { IsInBacklog = isAnywhere })).OrderByDescending(static l => l.GivenAt)
                // By producer and line: the text is PRODUCER.LINE.NUMBER.
                .DistinctBy(static l => l.ProducerNumber[..(l.ProducerNumber.LastIndexOf('.') + 1)])],
            NotCovered = [.. asked.Where((_, index) => told[index] is null).Select(static s => s.ToString())],
        };
    }

    /// <summary>Asks all silos, and tells which did not answer. One that has gone meanwhile is none of them: its counts went with it.</summary>
    private async Task<((SiloId Silo, SiloLedger Books)[] Books, HashSet<SiloId> Silent)> AskAllAsync()
    {
        List<SiloId> asked = [.. silos.Owners];
        var told = await Task.WhenAll(asked.Select(s => AnswerOfAsync(s, silo => links.To(silo).GetLedgerAsync(stream))));
        return (
            [.. asked.Zip(told).Where(static a => a.Second is not null).Select(static a => (a.First, a.Second!))],
            [.. asked.Where((s, index) => told[index] is null && !silos.IsLost(s) && silos.Owners.Contains(s))]);
    }

    private async Task<SiloNumbers> NumbersOfAsync(SiloId silo)
    {
        var numbers = await links.To(silo).GetNumbersAsync(stream);
        var books = await links.To(silo).GetLedgerAsync(stream);
        return new SiloNumbers(numbers.Lines, books.Ledger.InBacklog > 0, books.HoldsOthers ?? books.Ledger.InBacklog > 0);
    }

    /// <summary>Returns what a silo answers; null where it does not answer, or is of an earlier version.</summary>
    private async Task<T?> AnswerOfAsync<T>(SiloId silo, Func<SiloId, Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask(silo);
        }
        catch (Exception e)
        {
            LogNotTold(e, silo, stream);
            return null;
        }
    }

    // No warning: a dashboard asks every few seconds, and its answer names the silo.
    [LoggerMessage(116, LogLevel.Information, "Silo {Silo} does not tell what it counts of stream {Stream}")]
    private partial void LogNotTold(Exception error, SiloId silo, string stream);

    private sealed record SiloNumbers(IReadOnlyList<LastNumber> Lines, bool Holds, bool HoldsOthers);
}
