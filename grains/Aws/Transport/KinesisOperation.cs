using Orleans.Kpl.Aws.Endpoints;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>An operation of Kinesis' API.</summary>
internal sealed class KinesisOperation(string name, OperationKind kind)
{
    public string Name { get; } = name;

    public OperationKind Kind { get; } = kind;

    /// <summary>The value of <c>x-amz-target</c>.</summary>
    public string Target { get; } = "Kinesis_20131202." + name;
}
