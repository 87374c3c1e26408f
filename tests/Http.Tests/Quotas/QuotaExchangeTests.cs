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
            var answer = new TaskCompletionSource();
            var peers = new FakePeers { Until = answer.Task };
            peers.Meet("127.0.0.1:2@2");
            var shares = new QuotaShares(_time);
            var quotas = new IdentityQuotas(null!, shares, new IngestGate(), _time);
            using var exchange = new QuotaExchange(quotas, shares, new IdentityOverrides(_time), _time, NullLogger<QuotaExchange>.Instance, peers);
            var exchanging = exchange.ExchangeAsync(TestContext.Current.CancellationToken);
            await _time.PassUntilAsync(() => exchanging.IsCompleted, TimeSpan.FromMilliseconds(100));
            Assert.Equal(peers.Others, (await exchanging).NotTold);
            answer.SetException(new TimeoutException(late));
        }
    }
}
