namespace Orleans.Kpl.Pipeline.Sending;

/// <summary>Where a call goes.</summary>
/// <param name="Stream">The stream's name or ARN.</param>
/// <param name="RoleArn">The role to assume for it, or null.</param>
/// <param name="RequestTimeout">How long the whole call may take.</param>
internal sealed record StreamTarget(string Stream, string? RoleArn, TimeSpan RequestTimeout);
