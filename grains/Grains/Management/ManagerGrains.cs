using Orleans.Kpl.Management;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Silos.Links;

namespace Orleans.Kpl.Grains.Management;

/// <summary>Asks the managers of the streams through Orleans.</summary>
internal sealed class ManagerGrains(IGrainFactory grains) : IStreamManagers
{
    public async Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => (await Of(stream).ListShards(null).ConfigureAwait(false)).ToRanges();

    public async Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) =>
        (await Of(stream).ListClosedShards().ConfigureAwait(false)).ToRanges();

    public async Task<StreamSummary> DescribeAsync(string stream) => (await Of(stream).DescribeStream().ConfigureAwait(false)).ToSummary();

    public Task ReportFailuresAsync(string stream, FailureBatch failures) => Of(stream).ReportFailures(failures.ToReport());

    public Task SetAsideAsync(string stream, DeadLetterBatch report) => Of(stream).SetAside(report.ToMessage());

    public Task WakeAsync(string stream) => Of(stream).Wake();

    private IShardMapSource Of(string stream) => grains.GetGrain<IShardMapSource>(stream);
}
