namespace Orleans.Kpl.Aws.Endpoints;

/// <summary>The region that EC2's metadata tells (IMDSv2), or why it tells none.</summary>
/// <param name="Region">The region; null for none.</param>
/// <param name="Why">Why there is none.</param>
internal sealed record InstanceRegion(string? Region, string Why)
{
    private const string Disabled = "AWS_EC2_METADATA_DISABLED";
    private const string Address = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    private const string Mode = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";

    /// <summary>For each of two requests: elsewhere than on an instance nobody answers, and a start waits for this.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(800);

    /// <summary>Asks, and waits for the answer. No proxy is between an instance and its metadata.</summary>
    public static InstanceRegion Ask(AwsEnvironment environment)
    {
        if (bool.TryParse(environment.Variable(Disabled), out var isDisabled) && isDisabled)
            return new(null, $"{Disabled} is true");
        var isIpv6 = "IPv6".Equals(environment.Variable(Mode), StringComparison.OrdinalIgnoreCase);
        var text = environment.Variable(Address) ?? (isIpv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || !KinesisLocation.IsEndpoint(address))
            return new(null, $"{Address} '{text}' is no http address");
        try
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Limit, BaseAddress = address };
            var token = Send(http, HttpMethod.Put, "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds", "60");
            return new(Send(http, HttpMethod.Get, "/latest/meta-data/placement/region", "X-aws-ec2-metadata-token", token), "");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException or FormatException)
        {
            var why = error is OperationCanceledException ? $"no answer within {Limit.TotalMilliseconds:0} ms" : error.Message.TrimEnd('.');
            return new(null, $"{text}: {why} ({Disabled}=true leaves it out; in a container its hop limit must be 2)");
        }
    }

    private static string Send(HttpClient http, HttpMethod method, string path, string header, string value)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { { header, value } } };
        using var response = http.Send(request);
        using var reader = new StreamReader(response.EnsureSuccessStatusCode().Content.ReadAsStream());
        return reader.ReadToEnd().Trim();
    }
}
