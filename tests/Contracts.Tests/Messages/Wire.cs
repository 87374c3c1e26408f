using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>Orleans' serializer as silos and clients have it.</summary>
internal static class Wire
{
    private static readonly ServiceProvider Services = new ServiceCollection()
        .AddSerializer(s => s.AddAssembly(typeof(IStreamProducer).Assembly).AddAssembly(typeof(Wire).Assembly)).BuildServiceProvider();

    public static Serializer Serializer { get; } = Services.GetRequiredService<Serializer>();

    public static DeepCopier Copier { get; } = Services.GetRequiredService<DeepCopier>();

    public static T Send<T>(T value) => Serializer.Deserialize<T>(Serializer.SerializeToArray(value))!;
}

/// <summary>The bytes of every sample as they were when the contract's version was published: <c>name = hex</c>. A line never changes.</summary>
internal static class GoldenMessages
{
    public static IReadOnlyDictionary<string, byte[]> All { get; } = Read().ToDictionary(l => l.Name, l => Convert.FromHexString(l.Hex));

    private static IEnumerable<(string Name, string Hex)> Read()
    {
        using var stream = typeof(GoldenMessages).Assembly.GetManifestResourceStream("Golden.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (!line.StartsWith('#') && line.Split(" = ") is [var name, var hex])
                yield return (name, hex);
        }
    }
}
