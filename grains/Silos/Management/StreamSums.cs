using Orleans.Kpl.Silos.Links;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Management;

/// <summary>Sums up what all silos count of one stream: its ledger, and its backlog.</summary>
internal sealed class StreamSums(string stream, ISiloLinks links, LiveSilos silos, ManagedDeadLetters letters)
{
    /// <summary>Returns the ledgers of all silos, and which silos they are.</summary>
    /// <remarks>
    /// The silos count the records that they handed over as dead letters. The number of dead letters comes from their list, which outlives
    /// the silos. So if the list has more than the silos count, silos that are gone accepted the difference.
    /// </remarks>
    public async Task<StreamBooks> LedgerAsync()
    {
        var books = await AskAllAsync();
        var sum = books.Aggregate(default(StreamLedger), static (s, b) => s + b.Books.Ledger);
        var covered = books.Select(static b => b.Silo).ToHashSet();
        return await letters.AskAsync(async kept =>
        {
            var count = await kept.CountAsync();
            return new StreamBooks
            {
                Ledger = sum with
                {
                    Accepted = sum.Accepted - sum.DeadLettered + count + kept.Dropped,
                    Failed = sum.Failed + kept.Dropped,
                    DeadLettered = count,
                },
                Covered = [.. books.Select(
                    static b => new LedgerContributor { Process = b.Silo.ToString(), StartedAt = b.Books.StartedAt, Ledger = b.Books.Ledger })],
                NotCovered = silos.NotIn(covered),
            };
        });
    }

    public async Task<BacklogStatus> BacklogAsync()
    {
        var sum = SiloLedger.Sum((await AskAllAsync()).Select(static b => b.Books));
        return await letters.AskAsync(async kept => sum with
        {
            DeadLetters = await kept.CountAsync(),
            DamagedSegments = sum.DamagedSegments + await kept.DamagedAsync(),
        });
    }

    private async Task<(SiloId Silo, SiloLedger Books)[]> AskAllAsync()
    {
        var asked = silos.Owners.Select(AskAsync).ToList();
        return [.. (await Task.WhenAll(asked)).OfType<(SiloId, SiloLedger)>()];
    }

    /// <summary>Asks a silo. Null if it has gone meanwhile: its counts went with it.</summary>
    private async Task<(SiloId, SiloLedger)?> AskAsync(SiloId silo)
    {
        try
        {
            return (silo, await links.To(silo).GetLedgerAsync(stream));
        }
        catch (Exception) when (silos.IsLost(silo) || !silos.Owners.Contains(silo))
        {
            return null;
        }
    }
}
