using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Grains.Guarding;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Management;
using Orleans.Kpl.Producer.Tests.Logging;
using Orleans.Runtime.Services;

namespace Orleans.Kpl.Client.Tests.Connections;

/// <remarks>Tests <see cref="CallGuard"/>, <see cref="SealedCalls"/> and <see cref="GrainReaches"/>.</remarks>
public sealed class CallGuardTests
{
    [Fact]
    public void EveryInterface_OfTheTier_IsForSilosUnlessItIsNamed()
    {
        var all = new[] { typeof(IStreamProducer).Assembly, typeof(ISiloLink).Assembly }.SelectMany(static a => a.GetTypes())
            .Where(static t => t.IsInterface && t.IsAssignableTo(typeof(IAddressable))).ToDictionary(static t => t.Name, GrainReaches.Of);
        Assert.Equal(["IClientLane", "IStreamProducer"], all.Where(static p => p.Value == GrainReach.Everybody).Select(static p => p.Key).Order());
        Assert.Equal(["IStreamManager"], all.Where(static p => p.Value == GrainReach.Administrators).Select(static p => p.Key));
        Assert.Equal(
            ["IBridgeGrain", "ILaneLink", "IQuotaLink", "IShardGrain", "IShardMapSource", "ISiloLink"],
            all.Where(static p => p.Value == GrainReach.Silos).Select(static p => p.Key).Order());
        Assert.Equal(GrainReach.Foreign, GrainReaches.Of(typeof(IManagementGrain)));
    }

    [Fact]
    public async Task Client_MayPut_AndNothingElse()
    {
        await using var tier = await TlsTier.StartAsync();
        var client = (await tier.ConnectAsync()).Services.GetRequiredService<IClusterClient>();

        var results = await client.GetGrain<IStreamProducer>(TlsTier.Stream).PutRecords(new RecordBatch(ClientTier.Records(10))).WaitAsync(Waiting.Long);
        Assert.All(results, static r => Assert.True(r.IsSuccess));

        await NotAuthorizedAsync(() => client.GetGrain<IStreamManager>(TlsTier.Stream).GetShards());
        await NotAuthorizedAsync(() => client.GetGrain<IStreamManager>(TlsTier.Stream).DropDeadLetters());
        await NotAuthorizedAsync(() => client.GetGrain<IShardMapSource>(TlsTier.Stream).ListShards(null));
        await NotAuthorizedAsync(() => client.GetGrain<IShardGrain>($"{TlsTier.Stream}/shardId-000000000000").Locate());
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => client.GetGrain<IManagementGrain>(0).GetHosts().WaitAsync(Waiting.Long));
        var admin = await Assert.ThrowsAsync<StreamManagerException>(
            () => client.ServiceProvider.GetRequiredService<IStreamAdmin>().GetPolicyAsync(TlsTier.Stream, TestContext.Current.CancellationToken));
        Assert.Equal(StreamManagerErrorCodes.NotAuthorized, admin.Code);
    }

    /// <summary>A client writes the sender of its calls itself: with a line end in it, it wrote lines of the audit.</summary>
    [Fact]
    public async Task Line_OfASenderThatIsMadeUp_IsOneLine()
    {
        using var lines = new CapturedLog();
        using var loggers = LoggerFactory.Create(b => b.AddProvider(lines));
        var call = System.Reflection.DispatchProxy.Create<IIncomingGrainCallContext, MadeUpCall>();

        await new CallAudit(loggers).RunAsync(call, typeof(IStreamManager), "key");

        Assert.Equal("Audit: IStreamManager.GetPolicy of a?b by admin key key from sys.client/x?Audit:?done: done", Assert.Single(lines.Texts));
    }

    [Fact]
    public async Task FramesOfSilos_NeedTheSecret_WhoeverTheSenderSaysItIs()
    {
        await using var tier = await TlsTier.StartAsync();
        var client = (await tier.ConnectAsync()).Services.GetRequiredService<IClusterClient>();
        var silo = tier.Silos[0].Services;
        var own = silo.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var link = client.GetGrain<ISiloLink>(new Links(silo).Of(own).GetGrainId());

        await NotAuthorizedAsync(() => link.Leaving(own));
        RequestContext.Set(SiloSecret.Header, "guessed");
        await NotAuthorizedAsync(() => link.Leaving(own));
        // Also one of the right length.
        RequestContext.Set(SiloSecret.Header, Convert.ToHexString(new byte[16]));
        await NotAuthorizedAsync(() => link.MapChanged(TlsTier.Stream));

        var secrets = await Task.WhenAll(tier.Silos.Select(static s => s.Services.GetRequiredService<SiloSecret>().GetAsync().AsTask()));
        Assert.Single(secrets.Distinct());
        RequestContext.Set(SiloSecret.Header, secrets[0]);
        await link.MapChanged(TlsTier.Stream).WaitAsync(Waiting.Long);
        RequestContext.Clear();
    }

    [Fact]
    public async Task Administration_NeedsATokenOfASharedKey()
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        using var keys = new DeployedFolder();
        var file = keys.Write("silos", key);
        await using var tier = await TlsTier.StartAsync(c => c.AdminKeyFile = file);
        using var log = new CapturedLog();
        foreach (var silo in tier.Silos)
            silo.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);

        var known = await tier.ConnectAsync(c => c.AdminKeyFile = keys.Write("client", key));
        var admin = known.Services.GetRequiredService<IStreamAdmin>();
        Assert.Equal(8, (await admin.GetOverviewAsync(TlsTier.Stream, TestContext.Current.CancellationToken)).Shards.Count);
        await known.Services.GetRequiredService<IBacklogAdmin>().GetLedgerAsync(TlsTier.Stream, TestContext.Current.CancellationToken);

        var unknown = await tier.ConnectAsync(c => c.AdminKeyFile = keys.Write("other", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
        var error = await Assert.ThrowsAsync<StreamManagerException>(
            () => unknown.Services.GetRequiredService<IStreamAdmin>().GetOverviewAsync(TlsTier.Stream, TestContext.Current.CancellationToken));
        Assert.Equal(StreamManagerErrorCodes.NotAuthorized, error.Code);
        Assert.Contains("AdminKeyFile", error.Message, StringComparison.Ordinal);
        // What went through the gateways left no trace.
        var name = AdminToken.NameOf(Convert.FromBase64String(key));
        Assert.NotEmpty(Audits());
        Assert.All(Audits(), l => Assert.Matches($"^Audit: IStreamManager\\.[A-Za-z]+ of {TlsTier.Stream} by admin key {name} from [^ ]+: done$", l));
        var before = Audits().Count;
        // A silo needs none.
        await tier.Silos[1].Services.GetRequiredService<IStreamAdmin>().GetOverviewAsync(TlsTier.Stream, TestContext.Current.CancellationToken);
        Assert.Equal(before, Audits().Count);

        List<string> Audits() => [.. log.Entries.Where(static e => e.Category == "Orleans.Kpl.Audit").Select(static e => e.Line)];
    }

    private static async Task NotAuthorizedAsync(Func<Task> call) =>
        Assert.Equal(StreamManagerErrorCodes.NotAuthorized, (await Assert.ThrowsAsync<StreamManagerException>(() => call().WaitAsync(Waiting.Long))).Code);

    /// <summary>A call of whoever says of itself what it likes.</summary>
    public class MadeUpCall : System.Reflection.DispatchProxy
    {
        protected override object? Invoke(System.Reflection.MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            "get_SourceId" => (GrainId?)GrainId.Create("sys.client", "x\nAudit: done"),
            "get_TargetId" => GrainId.Create("manager", "a\nb"),
            "get_MethodName" => "GetPolicy",
            "Invoke" => Task.CompletedTask,
            _ => throw new NotSupportedException(targetMethod.Name),
        };
    }

    private sealed class Links(IServiceProvider services) : GrainServiceClient<ISiloLink>(services)
    {
        public ISiloLink Of(SiloAddress silo) => GetGrainService(silo);
    }
}
