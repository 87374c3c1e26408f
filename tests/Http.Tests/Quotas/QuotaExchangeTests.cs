using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Quotas;

namespace Orleans.Kpl.Http.Tests.Quotas;

/// <summary>Silos tell each other what clients use, and one of them is frozen or lost.</summary>
public sealed class QuotaExchangeTests
{
    private readonly FakeTimeProvider _time = new();

    /// <summary>Every two seconds such a call left a failure that nobody observed, until the silo was declared dead.</summary>
    [Fact]
    public async Task ASilo_ThatFailsAfterItsTimeToAnswer_IsNotTold_AndLeavesNoFailureUnobserved()
    {
        const string late = "the silo was lost long after its time to answer";

        Assert.DoesNotContain(late, await UnobservedFailures.OfAsync(ExchangeAsync));

        async Task ExchangeAsync()
        {
            var peer = new FrozenPeer();
            var shares = new QuotaShares(_time);
            var quotas = new IdentityQuotas(null!, shares, new IngestGate(), _time);
            using var exchange = new QuotaExchange(quotas, shares, new IdentityOverrides(_time), _time, NullLogger<QuotaExchange>.Instance, peer);
            var exchanging = exchange.ExchangeAsync(TestContext.Current.CancellationToken);
            await _time.PassUntilAsync(() => exchanging.IsCompleted, TimeSpan.FromMilliseconds(100));
            Assert.Equal(peer.Others, (await exchanging).NotTold);
            peer.Reply.SetException(new TimeoutException(late));
        }
    }

    /// <summary>A silo that answers when the test says so.</summary>
    private sealed class FrozenPeer : IQuotaPeers
    {
        public event Action? Changed
        {
            add { }
            remove { }
        }

        public string Self => "127.0.0.1:1@1";

        public IReadOnlyList<string> Others { get; } = ["127.0.0.1:2@2"];

        public Func<QuotaReport, QuotaReport?>? Answer { get; set; }

        public TaskCompletionSource<QuotaReport?> Reply { get; } = new();

        public Task<QuotaReport?> TellAsync(string silo, QuotaReport report, CancellationToken cancellationToken) => Reply.Task;
    }
}
