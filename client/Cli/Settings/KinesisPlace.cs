namespace Orleans.Kpl.Cli.Settings;

/// <summary>Where a tier sends: a Kinesis endpoint and the region that its requests are signed for.</summary>
internal sealed record KinesisPlace(Uri Endpoint, string? Region);
