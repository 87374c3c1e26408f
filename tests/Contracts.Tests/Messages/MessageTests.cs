using System.Reflection;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>Messages, packed formats, segments and settings keep their bytes and names.</summary>
public sealed class MessageTests
{
    public static TheoryData<string> Names => [.. Samples.All.Keys];

    /// <summary>An older or a newer build sends and reads the same bytes.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Message_OfThisVersion_HasItsGoldenBytes(string name)
    {
        var bytes = Wire.Serializer.SerializeToArray(Samples.All[name]);

        Assert.True(GoldenMessages.All.TryGetValue(name, out var golden), $"add to Golden.txt: {name} = {Convert.ToHexString(bytes)}");
        Assert.Equal(Convert.ToHexString(golden), Convert.ToHexString(bytes));
        var read = Wire.Serializer.Deserialize<object>(golden);
        Assert.IsType(Samples.All[name].GetType(), read);
        Assert.Equal(Shape.Of(Samples.All[name]), Shape.Of(read));
    }

    [Fact]
    public void Golden_HasNoOther() => Assert.Empty(GoldenMessages.All.Keys.Except(Samples.All.Keys));

    /// <summary>A call copies its argument, its answer twice: of messages that never change it must not.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Message_WhenACallCopiesIt_IsTheSame(string name)
    {
        var sent = Samples.All[name];
        if (sent.GetType().IsValueType || sent is Exception)
            return;

        Assert.Same(sent, Wire.Copier.Copy(sent));
    }

    [Fact]
    public void Samples_HaveEveryTypeThatTravels()
    {
        var sampled = Samples.All.Values.Select(v => v.GetType()).ToHashSet();
        var travel = typeof(IStreamProducer).Assembly.GetTypes()
            .Where(t => t.IsDefined(typeof(GenerateSerializerAttribute)) && !t.IsEnum && !t.Name.EndsWith("Surrogate", StringComparison.Ordinal));
        var converted = from type in typeof(IStreamProducer).Assembly.GetTypes()
                        where type.IsDefined(typeof(RegisterConverterAttribute))
                        from face in type.GetInterfaces()
                        where face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IConverter<,>)
                        select face.GetGenericArguments()[0];

        // An end travels within its result only.
        Assert.Equal([typeof(SharedOutcome)], travel.Concat(converted).Except(sampled));
    }

    /// <summary>What all samples of a type leave at its default is not tested. A later field is set by a further sample, so that older bytes stay.</summary>
    [Fact]
    public void Samples_SetEveryField()
    {
        var unset = from samples in Samples.All.Values.GroupBy(static v => v.GetType())
                    where samples.Key.IsDefined(typeof(GenerateSerializerAttribute))
                    from property in samples.Key.GetProperties(BindingFlags.Instance | BindingFlags.Public)
                    where property.IsDefined(typeof(IdAttribute)) && property.Name != "Error"
                    let none = property.PropertyType.IsValueType ? Activator.CreateInstance(property.PropertyType) : null
                    where samples.All(v => Equals(property.GetValue(v), none))
                    select $"{samples.Key.Name}.{property.Name}";
        Assert.Empty(unset);
    }
}
