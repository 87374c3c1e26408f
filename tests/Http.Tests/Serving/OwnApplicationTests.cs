using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>The endpoints in an application of one's own: settings from its section, and readiness that goes with its host.</summary>
public sealed class OwnApplicationTests
{
    private const string Two = """[{"partition_key":"k","payload":1},{"partition_key":"k","payload":2}]""";

    [Fact]
    public async Task Section_SetsWhatItNames_AndCodeAfterItWins()
    {
        await using var app = Build(new FakeTimeProvider(), o => o.AcceptTimeout = TimeSpan.FromSeconds(7), ("MaxRecords", "1"), ("AcceptTimeout", "1s"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        var options = app.Services.GetRequiredService<IOptions<KplHttpOptions>>().Value;
        Assert.Equal((1, TimeSpan.FromSeconds(7), 16 << 20), (options.MaxRecords, options.AcceptTimeout, options.MaxBodyBytes));
        using var client = ClientOf(app);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, false), await PutAsync(client));
    }

    [Fact]
    public void Build_WithSettingsThatAreWrongOrWithoutEffect_FailsWithEachOfThem()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Build(
            TimeProvider.System, null, ("MaxRecords", "many"), ("Identities", "/etc/kpl/identities.json"), ("DrainDelay", "2h"), ("Prot", "1")));
        Assert.Equal(
            [
                "Kpl:Http:DrainDelay is '2h': allowed is at most 10 minutes",
                "Kpl:Http:Identities is for the tier's own hosts: an application sets it up by ASP.NET Core (Kestrel, authentication)",
                "Kpl:Http:MaxRecords is 'many': expected is a whole number: 1 to 10000000 records",
                "Kpl:Http:Prot is not known; the nearest is Kpl:Http:Port",
            ],
            error.Failures.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Stop_TurnsReadinessOff_TakesRecordsForTheDelay_AndThenRefusesThem()
    {
        var time = new FakeTimeProvider();
        await using var app = Build(time, null, ("DrainDelay", "10s"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = ClientOf(app);
        Assert.Equal((HttpStatusCode.OK, false), await ReadyAsync(client));

        var stopping = app.StopAsync(TestContext.Current.CancellationToken);
        // Each connection is closed, or a balancer's would go on until the end: it was so in the tier's own hosts alone.
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), await ReadyAsync(client));
        Assert.Equal((HttpStatusCode.OK, true), await PutAsync(client));
        var gate = app.Services.GetRequiredService<IngestGate>();
        Assert.False(gate.IsDraining);

        time.Advance(TimeSpan.FromSeconds(10));
        await stopping;
        Assert.True(gate.IsDraining);
    }

    /// <summary>All was well though a stream of the settings was missing, and for a minute after it was there its records were answered with 404.</summary>
    [Fact]
    public async Task StreamsOfTheSettings_AreTheApplicationsOwn()
    {
        await using var app = Build(TimeProvider.System, null);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = ClientOf(app);
        ((FakeHttpProducer)app.Services.GetRequiredService<IKplProducer>()).OwnHealth = new KplHealth { MissingStreams = ["orders"] };
        var health = await client.GetStringAsync("/health", TestContext.Current.CancellationToken);
        Assert.Contains("Stream orders does not exist", health, StringComparison.Ordinal);
        var streams = app.Services.GetRequiredService<StreamGate>();
        streams.Note("orders", RecordErrorCodes.ResourceNotFound);
        streams.Check("orders");
    }

    /// <summary>
    /// ASP.NET Core's forwarded headers take the proxy's header away, and write what it says over the address of the connection: whoever said that he is
    /// this machine administered from anywhere.
    /// </summary>
    [Fact]
    public async Task Administration_BehindForwardedHeaders_IsForNobodyWhoSaysThatHeIsThisMachine()
    {
        await using var app = Build(TimeProvider.System, null);
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = ClientOf(app);
        Assert.Equal((HttpStatusCode.OK, false), await AskAsync(client));
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "127.0.0.1");
        Assert.Equal((HttpStatusCode.Forbidden, false), await AskAsync(client));

        static Task<(HttpStatusCode Status, bool Closes)> AskAsync(HttpClient client) =>
            AnswerOfAsync(client.GetAsync("/admin/streams/orders/policy", TestContext.Current.CancellationToken));
    }

    private static Task<(HttpStatusCode Status, bool Closes)> ReadyAsync(HttpClient client) =>
        AnswerOfAsync(client.GetAsync("/health/ready", TestContext.Current.CancellationToken));

    private static async Task<(HttpStatusCode Status, bool Closes)> PutAsync(HttpClient client)
    {
        using var body = new StringContent(Two, Encoding.UTF8, "application/json");
        return await AnswerOfAsync(client.PostAsync("/streams/events/records", body, TestContext.Current.CancellationToken));
    }

    private static async Task<(HttpStatusCode Status, bool Closes)> AnswerOfAsync(Task<HttpResponseMessage> asked)
    {
        using var answer = await asked;
        return (answer.StatusCode, answer.Headers.ConnectionClose == true);
    }

    private static HttpClient ClientOf(WebApplication app) => new() { BaseAddress = new Uri(app.Urls.Single()) };

    private static WebApplication Build(TimeProvider time, Action<KplHttpOptions>? after, params IEnumerable<(string Name, string Value)> settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(settings.Select(static s => KeyValuePair.Create("Kpl:Http:" + s.Name, (string?)s.Value)));
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<IKplProducer>(new FakeHttpProducer()).AddSingleton<IStreamAdmin>(new FakeStreamAdmin()).AddSingleton(time);
        builder.Services.Configure<KplOptions>(static o => o.ForStream("orders", static s => s.RecordTtl = TimeSpan.FromSeconds(9)));
        builder.Services.AddKplHttp(builder.Configuration.GetSection("Kpl")).AddKplHttp(after);
        var app = builder.Build();
        app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All });
        app.UseKplGuard().UseKplErrors().UseRouting();
        app.MapKplIngest().MapKplHealth().MapKplAdmin();
        return app;
    }
}
