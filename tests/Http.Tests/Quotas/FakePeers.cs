using System.Collections.Concurrent;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

/// <summary>Other silos that a test plays.</summary>
internal sealed class FakePeers : IQuotaPeers
{
    private readonly ConcurrentQueue<QuotaReport> _told = new();

    public event Action? Changed;

    public string Self => "127.0.0.1:1@1";

    public IReadOnlyList<string> Others { get; private set; } = [];

    public Func<QuotaReport, QuotaReport?>? Answer { get; set; }

    /// <summary>What another silo answers; an exception where it does not.</summary>
    public Func<string, QuotaReport, QuotaReport?> Reply { get; set; } = static (_, _) => null;

    /// <summary>What other silos wait for before they answer.</summary>
    public Task Until { get; init; } = Task.CompletedTask;

    public IReadOnlyCollection<QuotaReport> Told => _told;

    public void Meet(params string[] others)
    {
        Others = others;
        Changed?.Invoke();
    }

    public async Task<QuotaReport?> TellAsync(string silo, QuotaReport report, CancellationToken cancellationToken)
    {
        await Until;
        var reply = Reply(silo, report);
        _told.Enqueue(report);
        return reply;
    }
}
