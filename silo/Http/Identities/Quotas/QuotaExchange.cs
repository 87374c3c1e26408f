using Microsoft.Extensions.Hosting;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Identities.Quotas;

/// <summary>
/// Tells the other silos every two seconds what identities want here and what administrators said, and takes what they tell. Without other silos
/// it does nothing.
/// </summary>
internal sealed partial class QuotaExchange(
    IdentityQuotas quotas, QuotaShares shares, IdentityOverrides overrides, TimeProvider time, ILogger<QuotaExchange> logger, IQuotaPeers? peers = null)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>How long another silo may take to answer. The next report tells it all the same.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _lock = new(1);
    private readonly SemaphoreSlim _due = new(0);

    public string Self => peers?.Self ?? "";

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (peers is null)
            return Task.CompletedTask;
        peers.Answer = Answer;
        peers.Changed += OnPeersChanged;
        shares.Meet(peers.Others);
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        if (peers is not null)
        {
            peers.Changed -= OnPeersChanged;
            peers.Answer = null;
        }

        base.Dispose();
    }

    /// <summary>Tells all other silos now. Returns those that took it, and those of which that is not known.</summary>
    public async Task<(IReadOnlyList<string> Told, IReadOnlyList<string> NotTold)> ExchangeAsync(CancellationToken cancellationToken)
    {
        if (peers is null)
            return ([], []);
        using var turn = await _lock.EnterAsync(cancellationToken);
        var others = peers.Others;
        var report = shares.Begin(peers.Self, others, quotas.TakeDemands(Interval / 2), overrides.All());
        var told = await Task.WhenAll(others.Select(o => TryTellAsync(o, report, cancellationToken)));
        HashSet<string> taken = [.. others.Where((_, i) => told[i])];
        shares.End(report, taken);
        return ([.. others.Where(taken.Contains)], [.. others.Where(o => !taken.Contains(o))]);
    }

    private QuotaReport? Answer(QuotaReport report)
    {
        Take(report);
        return shares.Latest;
    }

    private void Take(QuotaReport report)
    {
        shares.Take(report);
        overrides.Merge(report.Overrides);
    }

    private async Task<bool> TryTellAsync(string silo, QuotaReport report, CancellationToken cancellationToken)
    {
        try
        {
            var telling = peers!.TellAsync(silo, report, cancellationToken).Observed();
            if (await telling.WaitAsync(AnswerLimit, time, cancellationToken) is { } answer)
                Take(answer);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            // The other silo starts, leaves, is lost, or is of an earlier version. Until it is told, this silo takes no more than before.
            if (logger.IsEnabled(LogLevel.Debug))
                LogNotTold(logger, silo, failure.Message);
            return false;
        }
    }

    private void OnPeersChanged()
    {
        // At once, so that this silo leaves others their part before they have said anything.
        shares.Meet(peers!.Others);
        _due.Release();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ExchangeAsync(stoppingToken);
                using var waited = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                await Task.WhenAny(Task.Delay(Interval, time, waited.Token), _due.WaitAsync(waited.Token));
                await waited.CancelAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception defect)
            {
                LogDefect(logger, defect);
                await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(215, LogLevel.Debug, "Silo {Silo} was not told what clients use here: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string silo, string reason);

    [LoggerMessage(216, LogLevel.Error, "What clients use could not be exchanged with the other silos")]
    private static partial void LogDefect(ILogger logger, Exception error);
}
