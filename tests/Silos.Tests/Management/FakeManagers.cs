using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Tests.Management;

/// <summary>Managers of streams that are called in none of the ways that a test does not answer.</summary>
internal abstract class FakeManagers : IStreamManagers
{
    public virtual Task<IReadOnlyList<ShardRange>> ListShardsAsync(string stream) => throw new NotSupportedException();

    public Task<IReadOnlyList<ShardRange>> ListClosedShardsAsync(string stream) => throw new NotSupportedException();

    public Task<StreamSummary> DescribeAsync(string stream) => throw new NotSupportedException();

    public virtual Task ReportFailuresAsync(string stream, FailureBatch failures) => throw new NotSupportedException();

    public virtual Task SetAsideAsync(string stream, DeadLetterBatch report) => throw new NotSupportedException();

    public virtual Task WakeAsync(string stream) => throw new NotSupportedException();
}
