using Microsoft.Extensions.Logging;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Runtime;

namespace Orleans.Kpl.Grains.Management;

/// <summary>What waits in the stream's backlog, what was set aside of it, and the books of all silos.</summary>
internal sealed partial class StreamManagerGrain
{
    private readonly DeadLetterKeeper _letters;

    public Task SetAside(DeadLetterReport report) => LettersAsync(async letters =>
    {
        await letters.AddAsync(report);
        return report.Letters.Length;
    });

    public async Task<StreamBooks> GetLedgerReport() => await OtherAsync() is { } other ? await other.GetLedgerReport() : await SumAsync();

    public async Task<StreamLedger> GetLedger() => await OtherAsync() is { } other ? await other.GetLedger() : (await SumAsync()).Ledger;

    /// <summary>
    /// The silos count what they handed over to be set aside; how many records are set aside its list tells, which outlives them. So what is
    /// there beyond the former was accepted by silos that are gone.
    /// </summary>
    private async Task<StreamBooks> SumAsync()
    {
        var books = await BooksAsync();
        var sum = books.Aggregate(default(StreamLedger), static (s, b) => s + b.Books.Ledger);
        var covered = books.Select(static b => b.Silo).ToHashSet();
        return await LettersAsync(async letters =>
        {
            var count = await letters.CountAsync();
            return new StreamBooks
            {
                Ledger = sum with
                {
                    Accepted = sum.Accepted - sum.DeadLettered + count + letters.Dropped,
                    Failed = sum.Failed + letters.Dropped,
                    DeadLettered = count,
                },
                Covered = [.. books.Select(static b => new LedgerContributor { Process = b.Silo.ToString(), StartedAt = b.Books.StartedAt, Ledger = b.Books.Ledger })],
                NotCovered = _silos.NotIn(covered),
            };
        });
    }

    public async Task<BacklogStatus> GetBacklog()
    {
        if (await OtherAsync() is { } other)
            return await other.GetBacklog();
        var sum = SiloBooks.Sum((await BooksAsync()).Select(static b => b.Books));
        return await LettersAsync(async letters => sum with { DeadLetters = await letters.CountAsync() });
    }

    public async Task<DeadLetter[]> GetDeadLetters(long after = 0, int max = 100)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, 1_000);
        return await OtherAsync() is { } other ? await other.GetDeadLetters(after, max) : await LettersAsync(l => l.ListAsync(after, max));
    }

    public async Task<int> RequeueDeadLetters(long[]? numbers = null) => await OtherAsync() is { } other
        ? await other.RequeueDeadLetters(numbers)
        : await LettersAsync(l => l.RequeueAsync(numbers, records => _producer.RequeueAsync(Stream, records)));

    public async Task<int> DropDeadLetters(long[]? numbers = null) =>
        await OtherAsync() is { } other ? await other.DropDeadLetters(numbers) : await LettersAsync(l => l.DropAsync(numbers));

    /// <summary>One who finds that another manager owns the list goes away; who asks then, asks that one.</summary>
    private async Task<T> LettersAsync<T>(Func<DeadLetterKeeper, Task<T>> ask)
    {
        try
        {
            return await ask(_letters);
        }
        catch (BacklogFencedException e)
        {
            DeactivateOnIdle();
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"another manager of {Stream} has begun: {e.Message}");
        }
        catch (BacklogStoreException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, e.Message);
        }
    }

    /// <summary>A silo that is gone meanwhile has no books any more.</summary>
    private async Task<(SiloAddress Silo, SiloBooks Books)[]> BooksAsync()
    {
        var asked = _silos.Owners.Select(AskAsync).ToList();
        return [.. (await Task.WhenAll(asked)).OfType<(SiloAddress, SiloBooks)>()];

        async Task<(SiloAddress, SiloBooks)?> AskAsync(SiloAddress silo)
        {
            try
            {
                return (silo, await _links.To(silo).GetBooks(Stream));
            }
            catch (Exception) when (_silos.IsLost(silo) || !_silos.Owners.Contains(silo))
            {
                return null;
            }
        }
    }

    /// <summary>Those that failed before this manager began and are kept.</summary>
    private async Task FindFailuresAsync()
    {
        try
        {
            await _letters.ReadyAsync();
        }
        catch (BacklogStoreException e)
        {
            LogNoLetters(e, Stream);
        }
    }

    [LoggerMessage(87, LogLevel.Warning, "What was set aside of {Stream} cannot be read now; its list of failures is without")]
    private partial void LogNoLetters(Exception error, string stream);
}
