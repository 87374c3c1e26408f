using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Dashboard;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Watching;
using static Orleans.Kpl.Http.Administering.AdminBody;

namespace Orleans.Kpl.Http;

/// <summary>HTTP endpoints for streams' shards and backlogs.</summary>
public static class KplAdminEndpoints
{
    private static readonly AdminRequests Bodies = AdminRequests.Default;

    /// <summary>
    /// Maps <c>/admin/streams/{stream}</c> and the paths below it to the application's <see cref="IStreamAdmin"/> and
    /// <see cref="IBacklogAdmin"/>, and <c>/admin/streams</c>, <c>/admin/silos</c>, <c>/admin/events</c> and <c>/dashboard</c>; a missing service is not
    /// mapped. In a tier process it maps <c>/admin/kinesis</c> too. It answers on loopback only, 403 elsewhere. Needs <see cref="KplHttpServices.AddKplHttp(IServiceCollection, Action{KplHttpOptions})"/>.
    /// </summary>
    public static IEndpointRouteBuilder MapKplAdmin(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var wrapper = endpoints.ServiceProvider.GetRequiredService<AdminEndpoint>();
        var backlog = endpoints.ServiceProvider.GetService<IBacklogAdmin>();
        if (backlog is not null)
            MapBacklog(new BacklogCommandEndpoints(backlog));
        if (endpoints.ServiceProvider.GetService<KinesisAddress>() is { } kinesis)
        {
            endpoints.MapMethods(AdminQueryEndpoints.KinesisPath, [HttpMethods.Get, HttpMethods.Head], wrapper.Wrap(
                context => AdminQueryEndpoints.WriteAsync(context, kinesis)));
        }

        if (endpoints.ServiceProvider.GetService<IStreamAdmin>() is not { } admin)
            return endpoints;
        if (endpoints.ServiceProvider.GetService<ITierView>() is { } view)
            MapTier(view);
        var looks = new AdminQueryEndpoints(admin, backlog);
        var acts = new AdminCommandEndpoints(admin);
        Get("", looks.OverviewAsync);
        Get("/history", looks.HistoryAsync);
        Get("/failures", looks.FailuresAsync, "after", "max");
        Get("/heat", Answer(static j => j.StreamHeat, (_, c) => looks.HeatAsync(c)), "span");
        Get("/explain", Answer(static j => j.RecordExplanation, (_, c) => looks.ExplainAsync(c)), "failure", "key", "hash");
        Get("/shards", Answer(static j => j.StreamOverview, (stream, c) => admin.GetOverviewAsync(stream, c.RequestAborted)));
        Get("/capacity", Answer(static j => j.StreamCapacity, (stream, c) => admin.GetCapacityAsync(stream, c.RequestAborted)));
        Get("/load", Answer(static j => j.StreamLoad, (stream, c) => admin.GetLoadAsync(stream, c.RequestAborted)));
        Get("/numbers", Answer(static j => j.LastNumbers, (stream, c) => admin.GetLastNumbersAsync(stream, c.RequestAborted)));
        Get("/policy", Answer(static j => j.ScalingOptions, (stream, c) => admin.GetPolicyAsync(stream, c.RequestAborted)));
        Get("/operations/{id}", Answer(
            static j => j.StreamOperation, (stream, c) => admin.GetOperationAsync(stream, (string)c.GetRouteValue("id")!, c.RequestAborted)));
        Post("/refresh", Answer(static j => j.StreamOverview, (stream, c) => admin.RefreshAsync(stream, c.RequestAborted)));
        Post("/split", acts.Begin(static b => b.SplitRequest, (stream, r) => admin.SplitShardAsync(stream, r.ShardId, SplitPoint.Parse(r.At))), "wait");
        Post("/merge", acts.Begin(static b => b.MergeRequest, (stream, r) => admin.MergeShardsAsync(stream, r.ShardId, r.AdjacentShardId)), "wait");
        Post("/scale", acts.Begin(static b => b.ScaleRequest, (stream, r) => admin.SetShardCountAsync(stream, r.Shards, r.Method)), "wait");
        Post("/plan", Answer(static j => j.ShardPlan, async (stream, c) =>
            await admin.PlanAsync(stream, (await AdminBody.ReadAsync(c, Bodies.PlanRequest)).Shards, c.RequestAborted)));
        Post("/capacity", Answer(static j => j.CapacityPlan, async (stream, c) =>
            await admin.ChangeCapacityAsync(stream, await AdminBody.ReadAsync(c, Bodies.CapacityChange))));
        Post("/policy", Answer(static j => j.ScalingOptions, async (stream, c) =>
            await admin.SetPolicyAsync(stream, await AdminBody.ReadAsync(c, Bodies.ScalingOptions))));
        return endpoints;

        void MapBacklog(BacklogCommandEndpoints commands)
        {
            Get("/ledger", commands.LedgerAsync);
            Get("/backlog", commands.BacklogAsync);
            Get("/dead-letters", commands.DeadLettersAsync, "after", "max");
            Post("/dead-letters/requeue", commands.RequeueAsync);
            Post("/dead-letters/drop", commands.DropAsync);
        }

        void MapTier(ITierView view)
        {
            var services = endpoints.ServiceProvider;
            var time = services.GetRequiredService<TimeProvider>();
            var watch = new TierWatch(
                view, admin, backlog, services.GetRequiredService<IKplProducer>(), time, services.GetRequiredService<ILogger<TierWatch>>());
            var tier = new WatchEndpoints(
                watch, services.GetRequiredService<IOptions<KplHttpOptions>>(), services.GetRequiredService<IngestGate>(), time,
                services.GetService<KinesisAddress>());
            view.KeepHistory();
            endpoints.MapMethods(WatchEndpoints.StreamsPath, [HttpMethods.Get, HttpMethods.Head], wrapper.Wrap(tier.StreamsAsync));
            endpoints.MapMethods(WatchEndpoints.SilosPath, [HttpMethods.Get, HttpMethods.Head], wrapper.Wrap(tier.SilosAsync));
            endpoints.MapGet(WatchEndpoints.EventsPath, wrapper.Wrap(tier.EventsAsync, "stream"));
            endpoints.MapMethods(DashboardEndpoints.Path, [HttpMethods.Get, HttpMethods.Head], wrapper.Wrap(DashboardEndpoints.SendAsync, KnownQuery.Any));
            endpoints.MapMethods(DashboardEndpoints.FilePath, [HttpMethods.Get, HttpMethods.Head], wrapper.Wrap(DashboardEndpoints.SendAsync, KnownQuery.Any));
        }

        void Get(string path, RequestDelegate endpoint, params IReadOnlyList<string> parameters) =>
            endpoints.MapMethods(AdminQueryEndpoints.Path + path, [HttpMethods.Get, HttpMethods.Head], wrapper.Wrap(endpoint, parameters));

        void Post(string path, RequestDelegate endpoint, params IReadOnlyList<string> parameters) =>
            endpoints.MapPost(AdminQueryEndpoints.Path + path, wrapper.Wrap(endpoint, parameters));
    }
}
