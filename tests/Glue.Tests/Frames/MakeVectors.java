import com.amazonaws.services.schemaregistry.common.configs.GlueSchemaRegistryConfiguration;
import com.amazonaws.services.schemaregistry.deserializers.GlueSchemaRegistryDeserializerDataParser;
import com.amazonaws.services.schemaregistry.serializers.SerializationDataEncoder;
import com.amazonaws.services.schemaregistry.utils.AWSSchemaRegistryConstants.COMPRESSION;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;

// Writes vectors-java.json: frames made by AWS' own classes, aws-glue-schema-registry 2.0.0 (commit eed1506), and none of our code.
// Compile it beside these files of that repository, with lombok and slf4j-api on the class path:
//   common:                  GlueSchemaRegistryCompressionFactory, GlueSchemaRegistryCompressionHandler, GlueSchemaRegistryDefaultCompression,
//                            AWSSchemaRegistryConstants, AWSSchemaRegistryException, GlueSchemaRegistryIncompatibleDataException
//   serializer-deserializer: SerializationDataEncoder, GlueSchemaRegistryDeserializerDataParser
// and two stand-ins of our own, for what would need all of the AWS SDK: a GlueSchemaRegistryConfiguration that has nothing but getCompressionType(),
// made from a COMPRESSION, and an enum software.amazon.awssdk.services.glue.model.Compatibility.
//   java MakeVectors > vectors-java.json
// With --read, it reads frames in base64, one a line, and writes what AWS' parser finds in each: the id, whether it is compressed, the data in base64.
public final class MakeVectors {
    private static final Base64.Encoder TEXT = Base64.getEncoder();
    private static final GlueSchemaRegistryDeserializerDataParser PARSER = GlueSchemaRegistryDeserializerDataParser.getInstance();

    public static void main(String[] args) {
        if (args.length > 0 && args[0].equals("--read"))
            new Scanner(System.in).forEachRemaining(MakeVectors::read);
        else
            write();
    }

    private static void write() {
        UUID[] ids = {
            new UUID(0, 0), new UUID(-1, -1), UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"), UUID.fromString("ffeeddcc-bbaa-9988-7766-554433221100"),
            UUID.nameUUIDFromBytes("glue".getBytes(StandardCharsets.UTF_8)),
        };
        Random random = new Random(17);
        List<String> lines = new ArrayList<>();
        for (UUID id : ids) {
            for (COMPRESSION compression : COMPRESSION.values()) {
                SerializationDataEncoder encoder = new SerializationDataEncoder(new GlueSchemaRegistryConfiguration(compression));
                for (byte[] data : payloads(random)) {
                    byte[] frame = encoder.write(data, id);
                    String found = found(frame);
                    String expected = id + " " + (compression == COMPRESSION.ZLIB) + " " + TEXT.encodeToString(data);
                    if (!found.equals(expected))
                        throw new IllegalStateException("AWS' parser finds " + found + " in the frame of " + expected);
                    lines.add(String.format(" {\"id\": \"%s\", \"compressed\": %s, \"data\": \"%s\", \"frame\": \"%s\"}",
                        id, compression == COMPRESSION.ZLIB, TEXT.encodeToString(data), TEXT.encodeToString(frame)));
                }
            }
        }
        System.out.println("[\n" + String.join(",\n", lines) + "\n]");
    }

    /// No bytes, one, text beyond ASCII and beyond the first plane, all bytes, what compresses well, what does not, and more than the buffer of 1,024 bytes.
    private static List<byte[]> payloads(Random random) {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++)
            all[i] = (byte) i;
        byte[] noise = new byte[1_500];
        random.nextBytes(noise);
        return List.of(new byte[0], new byte[] {0}, "{\"user\":\"u17\",\"n\":1}".getBytes(StandardCharsets.UTF_8),
            "Grüße, 世界, 🐘, \u0000".getBytes(StandardCharsets.UTF_8), all, noise, "abc".repeat(400).getBytes(StandardCharsets.UTF_8));
    }

    private static void read(String line) {
        System.out.println(found(Base64.getDecoder().decode(line)));
    }

    private static String found(byte[] frame) {
        ByteBuffer buffer = ByteBuffer.wrap(frame);
        return PARSER.getSchemaVersionId(buffer) + " " + PARSER.isCompressionEnabled(buffer) + " " + TEXT.encodeToString(PARSER.getPlainData(buffer));
    }
}
