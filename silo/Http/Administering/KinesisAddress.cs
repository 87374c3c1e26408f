namespace Orleans.Kpl.Http.Administering;

/// <summary>Where the process sends its records, as <c>GET /admin/kinesis</c> answers it: so that readers look in the right place.</summary>
/// <param name="Endpoint">The Kinesis endpoint.</param>
/// <param name="Region">The region that requests are signed for; null if the settings leave it to the environment.</param>
internal sealed record KinesisAddress(Uri Endpoint, string? Region);
