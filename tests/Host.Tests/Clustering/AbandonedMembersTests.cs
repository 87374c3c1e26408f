using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Kpl.Host.Clustering;
using Orleans.Runtime;

namespace Orleans.Kpl.Host.Tests.Clustering;

public sealed class AbandonedMembersTests : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly HeldPort _gone = new();
    private readonly FakeTimeProvider _time = new();
    private readonly MembershipEntry _member;
    private readonly FakeMembers _members = new();
    private readonly AbandonedMembers _abandoned;

    public AbandonedMembersTests()
    {
        _member = new MembershipEntry { SiloAddress = SiloAddress.New(IPAddress.Loopback, _gone.Number, 1), Status = SiloStatus.Active };
        Renew(ahead: TimeSpan.Zero);
        var table = DispatchProxy.Create<IMembershipTable, FakeTable>();
        ((FakeTable)(object)table).Member = _member;
        var options = Options.Create(new ClusterMembershipOptions { ProbeTimeout = TimeSpan.FromSeconds(1), IAmAliveTablePublishTimeout = Period });
        _abandoned = new AbandonedMembers(table, _members, options, _time, NullLogger<AbandonedMembers>.Instance);
    }

    public void Dispose() => _gone.Dispose();

    /// <summary>
    /// A silo whose clock was 20 s ahead took every row for stale: where it could not reach the others, it declared the whole cluster dead.
    /// </summary>
    [Fact]
    public async Task Look_WithAClockThatIsAhead_LeavesMembersThatRenewTheirRows()
    {
        for (var second = 0; second < 60; second++)
        {
            if (second % Period.Seconds == 0)
                Renew(ahead: TimeSpan.FromSeconds(20));
            await LookAsync();
        }

        Assert.Empty(_members.Killed);
    }

    /// <summary>Killed a minute ago: no longer than two publish periods and a second look.</summary>
    [Fact]
    public async Task Look_AtAMemberThatIsGone_DeclaresItDead()
    {
        Renew(ahead: TimeSpan.FromMinutes(1));
        for (var second = 0; second <= 11; second++)
        {
            Assert.Empty(_members.Killed);
            await LookAsync();
        }

        await LookAsync();
        Assert.Equal(_member.SiloAddress, _members.Killed[0]);
    }

    /// <summary>One connection that failed was enough.</summary>
    [Fact]
    public async Task Look_AtAMemberThatAnswersAgain_CountsFailuresAnew()
    {
        Renew(ahead: TimeSpan.FromMinutes(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        await _abandoned.LookAsync();
        _time.Advance(2 * Period + TimeSpan.FromSeconds(1));
        await _abandoned.LookAsync();
        using (var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            listener.Bind(_member.SiloAddress.Endpoint);
            listener.Listen();
            await LookAsync();
        }

        await LookAsync();
        Assert.Empty(_members.Killed);
        await LookAsync();
        Assert.Single(_members.Killed);
    }

    private async Task LookAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        await _abandoned.LookAsync();
    }

    /// <param name="ahead">So far the clock of the silo that joins is ahead.</param>
    private void Renew(TimeSpan ahead) => _member.IAmAliveTime = (_time.GetUtcNow() - ahead).UtcDateTime;

    /// <summary>A table of one member that can be read.</summary>
    public class FakeTable : DispatchProxy
    {
        public MembershipEntry? Member { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod?.Name is nameof(IMembershipTable.ReadAllAsync)
                ? Task.FromResult(new MembershipTableData(Tuple.Create(Member!, "1"), new TableVersion(1, "1")))
                : throw new NotSupportedException(targetMethod?.Name);
    }

    private sealed class FakeMembers : IClusterMembershipService
    {
        public List<SiloAddress> Killed { get; } = [];

        public ClusterMembershipSnapshot CurrentSnapshot => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress)
        {
            Killed.Add(siloAddress);
            return Task.FromResult(true);
        }
    }
}
