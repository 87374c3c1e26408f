namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>What DescribeStreamSummary tells that the pipeline uses.</summary>
/// <param name="StreamArn">The stream's ARN.</param>
/// <param name="Status">CREATING, ACTIVE, UPDATING or DELETING.</param>
/// <param name="CreationTime">With the ARN, the stream's identity: a re-created stream is another one.</param>
/// <param name="MaxRecordSizeInKiB">The largest record the stream takes; 1,024 where the service does not say.</param>
/// <param name="OnDemand">Whether the service reshards the stream by itself.</param>
internal sealed record StreamSummary(string StreamArn, string Status, DateTimeOffset CreationTime, int MaxRecordSizeInKiB, bool OnDemand);
