using System.Text;

namespace Orleans.Kpl.Aws.Tests.Serving;

/// <summary>A request as it came over the wire.</summary>
internal sealed record ReceivedRequest(string RequestLine, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string BodyText => Encoding.UTF8.GetString(Body);

    /// <summary>The id of the access key that it is signed with.</summary>
    public string KeyId => Header("Authorization").Split('=', '/')[1];

    public string Header(string name) => Headers.TryGetValue(name, out var value) ? value : throw new Xunit.Sdk.XunitException($"No header {name}.");
}
